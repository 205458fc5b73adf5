"""Two real PostgreSQL servers of a pair on this machine, each with its controller; both are ours to kill and freeze."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import psycopg

from appliance.ha.decision import model
from appliance.ha.decision.model import Role
from appliance.ha.postgres.controller import Postgres
from appliance.ha.postgres.layout import Ends, Layout
from appliance.ha.postgres.server import ChildServer, postmaster, works_in
from tests.ha.etcd_cluster import make_certificates
from tests.sip.waiting import until

ADDRESSES = {"a": "10.78.0.1", "b": "10.78.0.2"}


def make_network() -> None:
    """Whoever talks to one of the addresses comes from the other: the servers let only each other in."""
    one, two = ADDRESSES.values()
    commands = [f"address replace {address}/32 dev lo" for address in (one, two)]
    commands += [f"route replace local {to} dev lo table local src {by}" for to, by in ((one, two), (two, one))]
    for words in commands:
        subprocess.run(["ip", *words.split()], check=True, timeout=10)


def make_pki(folder: Path) -> Path:
    """The cluster's files under their names of the product."""
    made = make_certificates(folder)
    made.certificate.rename(folder / "member.pem")
    made.key.rename(folder / "member.key")
    return folder


class Node:
    """One box's database: folder, server, controller."""

    def __init__(self, name: str, folder: Path, pki: Path, *, peer: bool = True) -> None:
        other = "b" if name == "a" else "a"
        self.name, self.folder = name, folder
        self.layout = Layout(home=folder / "home", sockets=folder / "run")
        self.ends = Ends(name, (ADDRESSES[name],), other if peer else None, (ADDRESSES[other],) if peer else (), pki)
        self.server = ChildServer(self.layout)
        self.postgres = Postgres(self.ends, self.server, self.layout)
        self._running: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.folder.chmod(0o755)
        self.layout.home.mkdir(exist_ok=True)
        self.layout.sockets.mkdir(exist_ok=True)
        for folder in (self.layout.home, self.layout.sockets):
            shutil.chown(folder, "postgres", "postgres")
        await self.postgres.open()
        self._running = asyncio.create_task(self.postgres.run())

    async def close(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})
        await self.postgres.close()
        self.kill()

    def seen(self) -> model.Postgres:
        return self.postgres.seen()

    async def until(self, look: Callable[[model.Postgres], object], seconds: float, what: str) -> model.Postgres:
        """What it sees is as wished and nothing is under way."""

        def is_so() -> bool:
            seen = self.seen()
            assert self._running is not None
            if self._running.done():
                self._running.result()
            return not seen.busy and bool(look(seen))

        try:
            await until(is_so, seconds, f"{self.name}: {what}")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.seen()}\n{self.postgres.troubles}\n{self.said()}") from None
        return self.seen()

    async def become_standby(self, seconds: float = 5) -> model.Postgres:
        self.postgres.start_standby()
        return await self.until(lambda seen: seen.role is Role.STANDBY and seen.accepting, seconds, "is a standby")

    async def become_primary(self, seconds: float = 5) -> model.Postgres:
        """As the decisions do it: closed, then opened."""
        self.postgres.promote()
        await self.until(lambda seen: seen.role is Role.PRIMARY and seen.accepting, seconds, "is primary")
        return await self.set_names(None)

    async def set_names(self, name: str | None, seconds: float = 5) -> model.Postgres:
        self.postgres.set_sync_names(name)
        return await self.until(lambda seen: seen.names == name, seconds, f"commits wait for {name}")

    async def stop(self, *, at_once: bool = True, seconds: float = 5) -> model.Postgres:
        self.postgres.stop(at_once=at_once)
        return await self.until(lambda seen: seen.role is Role.DOWN, seconds, "is down")

    @property
    def pid(self) -> int:
        return postmaster(self.layout.data)

    def kill(self) -> None:
        """As a power cut would."""
        for pid in [self.pid, *works_in(self.layout.data)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL) if pid in works_in(self.layout.data) else None

    def freeze(self) -> list[int]:
        """All its processes."""
        pids = works_in(self.layout.data)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        return pids

    def thaw(self) -> None:
        for pid in works_in(self.layout.data):
            os.kill(pid, signal.SIGCONT)

    def said(self) -> str:
        with contextlib.suppress(OSError):
            return "\n".join((self.layout.home / "server.log").read_text(errors="replace").splitlines()[-25:])
        return ""

    @contextlib.asynccontextmanager
    async def client(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """As the appliance's programs connect."""
        words = f"host={self.layout.sockets} user=hcc dbname=hcc connect_timeout=3"
        async with await psycopg.AsyncConnection.connect(words, autocommit=True) as connection:
            yield connection

    async def rows(self) -> set[int]:
        async with self.client() as connection:
            return {row[0] for row in await (await connection.execute("SELECT n FROM written")).fetchall()}


class Writer:
    """Commits one row after the other and counts what was acknowledged."""

    def __init__(self, node: Node, first: int = 0) -> None:
        self._node, self._next = node, first
        self.acknowledged: set[int] = set()
        self._task = asyncio.create_task(self._write())

    async def _write(self) -> None:
        with contextlib.suppress(psycopg.Error):
            async with self._node.client() as connection:
                while True:
                    await connection.execute("INSERT INTO written VALUES (%s)", [self._next])
                    self.acknowledged.add(self._next)
                    self._next += 1

    async def wrote(self, more: int, seconds: float = 5) -> None:
        goal = len(self.acknowledged) + more
        await until(lambda: len(self.acknowledged) >= goal, seconds, f"{more} more commits are acknowledged")

    async def end(self) -> set[int]:
        """What was acknowledged to the moment its server went away, or now."""
        with contextlib.suppress(TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(self._task, 0.3)
        return self.acknowledged
