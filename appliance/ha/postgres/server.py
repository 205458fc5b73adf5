"""The processes of the database server: as a child of ours, or as its own unit of systemd."""

import asyncio
import contextlib
import errno
import os
import signal
from pathlib import Path
from typing import Protocol

from appliance.ha.postgres.commands import as_user, environment, run
from appliance.ha.postgres.errors import PostgresError
from appliance.ha.postgres.layout import Layout
from appliance.ha.postgres.polling import POLL_SECONDS, until

UNIT = "hcc-postgresql.service"
TOKEN = Path("/run/hcc/postgresql-start")
"""A start that we allow: without it the unit of a box of the pair stays down, also at boot and after a crash."""
UNIT_PROCESSES = Path("/sys/fs/cgroup/system.slice") / UNIT / "cgroup.procs"
QUIT_SECONDS = 0.5


class Server(Protocol):
    async def start(self) -> None:
        """Ask for it; whether it comes up is seen elsewhere. Raises PostgresError."""

    def processes(self) -> list[int]:
        """All there are, whoever started them: empty only when nothing can be acknowledged any more."""

    def alive(self) -> bool:
        """Whether there are any; cheaper."""

    async def forget_start(self) -> None:
        """A start that was asked for and has not happened does not happen any more."""

    async def said(self) -> str:
        """Why the server ended, in its own words."""


async def end(server: Server, number: signal.Signals, data: Path) -> None:
    """Ask the server to end: SIGINT for a fast stop, SIGQUIT at once; SIGKILL goes to every process."""
    await server.forget_start()
    pids = server.processes()
    main = postmaster(data)
    if number is not signal.SIGKILL and main in pids:
        pids = [main]
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


async def end_at_once(server: Server, data: Path) -> None:
    """Immediate, and killed if that takes longer. Returns when nothing is left."""
    await end(server, signal.SIGQUIT, data)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(QUIT_SECONDS):
            await gone(server)
    while server.alive():
        await end(server, signal.SIGKILL, data)
        await asyncio.sleep(POLL_SECONDS)


async def gone(server: Server) -> None:
    """Wait until nothing of it is left."""

    async def is_gone() -> bool:
        return not server.alive()

    await until(is_gone)


def postmaster(data: Path) -> int:
    """The process that postmaster.pid names, which may be long dead or, after a reboot, somebody else; 0: none."""
    try:
        first = (data / "postmaster.pid").read_text(encoding="ascii", errors="replace").split("\n", 1)[0]
        return abs(int(first))
    except OSError, ValueError:
        return 0


def works_in(data: Path) -> list[int]:
    """Processes of PostgreSQL whose working folder is that data folder: its server's, also orphans of a dead one."""
    found: list[int] = []
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            if os.readlink(f"/proc/{entry.name}/cwd") == str(data):  # noqa: PTH115 - called for each process
                name = Path(f"/proc/{entry.name}/comm").read_text(encoding="ascii", errors="replace")
                found += [int(entry.name)] if name.startswith("postgres") else []
    return found


class ChildServer:
    """A child process that ends with us: for tests, and wherever there is no systemd."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._log = layout.home / "server.log"
        self._process: asyncio.subprocess.Process | None = None
        self._empty = False

    async def start(self) -> None:
        layout = self._layout
        words = as_user(layout.user, layout.binary("postgres"), "-D", str(layout.data))
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *words, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, env=environment(), cwd="/"
            )
        self._empty = False

    def processes(self) -> list[int]:
        process = self._process
        if self._empty and (process is None or process.returncode is not None):
            return []
        found = works_in(self._layout.data)
        if process is not None and process.returncode is None and process.pid not in found:
            found.append(process.pid)
        self._empty = not found
        return found

    def alive(self) -> bool:
        if self._process is not None and self._process.returncode is None:
            return True
        return bool(self.processes())

    async def forget_start(self) -> None:
        pass

    async def said(self) -> str:
        with contextlib.suppress(OSError):
            return last_words(self._log.read_bytes()[-4_000:].decode(errors="replace"))
        return ""


class UnitServer:
    """The box's own unit, which also serves the single box. What is running is read from its control group."""

    def __init__(self, token: Path = TOKEN, processes: Path = UNIT_PROCESSES) -> None:
        self._token, self._processes = token, processes
        self._starting = False

    async def start(self) -> None:
        try:
            self._token.touch()
            self._starting = True
        except OSError as error:
            raise PostgresError(f"{self._token}: {error.strerror}") from error
        # Not "start": after a crash that would wait for the unit's own delay.
        await run(["systemctl", "restart", "--no-block", UNIT], user="root", seconds=5)

    def processes(self) -> list[int]:
        try:
            return [int(word) for word in self._processes.read_text(encoding="ascii").split()]
        except OSError as error:
            if error.errno in {errno.ENOENT, errno.ENODEV}:  # the group goes with its last process
                return []
            raise

    def alive(self) -> bool:
        return bool(self.processes())

    async def forget_start(self) -> None:
        """Between the steps of a start the unit has no process for a moment: systemd must not take the next one."""
        self._token.unlink(missing_ok=True)
        if self._starting:
            self._starting = False
            await run(["systemctl", "stop", "--no-block", UNIT], user="root", seconds=5)

    async def said(self) -> str:
        with contextlib.suppress(PostgresError):
            words = ["journalctl", f"--unit={UNIT}", "--lines=30", "--output=cat", "--no-pager", "--quiet"]
            return last_words(await run(words, user="root", seconds=3))
        return ""


def last_words(log: str) -> str:
    """The line that says why a server has ended, and what explains it."""
    lines = log.splitlines()
    fatal = [number for number, line in enumerate(lines) if "FATAL: " in line or "PANIC: " in line]
    if not fatal:
        return " | ".join(lines[-2:])
    following = [line for line in lines[fatal[-1] + 1 : fatal[-1] + 2] if "DETAIL: " in line]
    return " | ".join(line.split("] ", 1)[-1] for line in (lines[fatal[-1]], *following))
