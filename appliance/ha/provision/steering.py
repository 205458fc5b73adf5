"""What people want of the pair: the `desired` key that the agents read, and the local word of break-glass."""

import asyncio
import getpass
import syslog
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from appliance import clock
from appliance.ha.cluster_file import Cluster, Part
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import EtcdCompareError
from appliance.ha.etcd.model import Put, is_at
from appliance.ha.provision import machine
from appliance.ha.provision.errors import (
    ActiveError,
    NobodyActiveError,
    NotReadyError,
    SentenceError,
    SlowError,
    UnknownMemberError,
)

LEADER, DESIRED, HOLD_CLEARED = b"/hcc/leader", b"/hcc/desired", b"/hcc/hold_cleared"
FORCED = Path("/run/hcc/force-active")
SENTENCES = ("另一台已断电", "the other box is switched off")
SWITCH_SECONDS = 60.0
ATTEMPTS = 5

type Wanted = dict[str, object]
"""The `desired` key's JSON; what we do not know in it stays."""


def by_whom() -> str:
    return f"console:{getpass.getuser()}"


def note(text: str) -> None:
    """In the journal, where it outlives the terminal."""
    syslog.openlog("hcc-cluster", 0, syslog.LOG_AUTH)
    syslog.syslog(syslog.LOG_NOTICE, f"{by_whom()}: {text}")


@dataclass
class Steering:
    """By etcd, from whichever box."""

    etcd: EtcdClient
    cluster: Cluster

    async def leader(self) -> str | None:
        found = await self.etcd.get(LEADER)
        return None if found is None else str(msgspec.json.decode(found.value)["node"])

    async def _change(self, change: Callable[[Wanted], None], *more: Put) -> None:
        """Read, change, write if nobody else did meanwhile."""
        for attempt in range(ATTEMPTS):
            found = await self.etcd.get(DESIRED)
            wanted: Wanted = msgspec.json.decode(found.value) if found else {}
            change(wanted)
            wanted["by"] = by_whom()
            put = Put(key=DESIRED, value=msgspec.json.encode(wanted))
            try:
                await self.etcd.write([is_at(DESIRED, found.mod_revision if found else 0)], [put, *more])
            except EtcdCompareError:
                if attempt == ATTEMPTS - 1:
                    raise
                continue
            return

    def _box(self, name: str) -> str:
        if not any(box.name == name for box in self.cluster.boxes):
            raise UnknownMemberError(name)
        return name

    # -- switch-over -------------------------------------------------------------------------------

    async def switch_over(self, name: str | None, *, drain_minutes: float, reasons: tuple[str, ...]) -> str:
        """Make `name`, or the box that is not active, the active one; returns its name when it is written down.

        `reasons`: why the pair is not ready for it, as its agent says. Raises ClusterError.
        """
        active = await self.leader()
        if active is None:
            raise NobodyActiveError
        other = next((box.name for box in self.cluster.boxes if box.name != active), None)
        target = self._box(name) if name else other
        if target is None or target == active:
            raise ActiveError(f"{active}")
        if reasons:
            raise NotReadyError(", ".join(reasons))
        drain_ms = round(drain_minutes * 60_000)
        await self._change(lambda wanted: wanted.update(switchover=target, drain_ms=drain_ms))
        note(f"switch-over to {target}")
        return target

    async def until_active(self, name: str, *, drain_minutes: float) -> None:
        """Raises SlowError."""
        deadline = machine.Deadline(SWITCH_SECONDS + drain_minutes * 60)
        while await self.leader() != name:
            if deadline.over:
                raise SlowError(name)
            await asyncio.sleep(0.3)

    # -- maintenance, hold -------------------------------------------------------------------------

    async def maintenance_on(self, name: str) -> None:
        """Keep a standby out, until the word to the contrary; also over restarts."""
        if await self.leader() == self._box(name):
            raise ActiveError(name)
        await self._change(lambda wanted: wanted.update(maintenance=name, maintenance_ends=False))
        note(f"maintenance of {name}")

    async def maintenance_off(self) -> str | None:
        """Whose it was. The active one clears it when the box is back."""
        ended: list[str] = []

        def change(wanted: Wanted) -> None:
            if wanted.get("maintenance"):
                ended.append(str(wanted["maintenance"]))
                wanted["maintenance_ends"] = True

        await self._change(change)
        note("end of maintenance")
        return ended[-1] if ended else None

    async def clear_hold(self) -> None:
        """Let the pair fail over by itself again; what was before counts no more."""
        cleared = msgspec.json.encode({"by": by_whom(), "wall_ms": clock.now_ms()})
        await self._change(lambda wanted: wanted.update(hold=False), Put(key=HOLD_CLEARED, value=cleared))
        note("hold cleared")


def force_active(cluster: Cluster, typed: str, mark: Path = FORCED) -> None:
    """Break-glass: this box becomes active without asking anybody. Raises SentenceError, UnknownMemberError."""
    if cluster.own.part is Part.WITNESS:
        raise UnknownMemberError(cluster.me)
    if typed.strip().lower() not in SENTENCES:
        raise SentenceError
    note(f"{cluster.me} is to become active by force: {typed.strip()}")
    mark.touch(mode=0o600)
