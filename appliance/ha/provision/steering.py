"""What people want of the pair: the `desired` key that the agents read, and the local word of break-glass."""

import asyncio
import getpass
import syslog
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from appliance.ha.agent import keys
from appliance.ha.agent.keys import LeaderValue
from appliance.ha.agent.status import Report
from appliance.ha.agent.wishes import PeopleWishes
from appliance.ha.cluster_file import Cluster, Part, WatchdogMode
from appliance.ha.decision.readiness import REDUNDANCY_ONLY, NotReady, named
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.provision import machine, roster
from appliance.ha.provision.errors import (
    ActiveError,
    NobodyActiveError,
    NotHereError,
    NotReadyError,
    NoWatchdogError,
    SentenceError,
    SlowError,
    UnknownMemberError,
)
from appliance.ha.provision.places import Places, write

FORCED = Path("/run/hcc/force-active")
SENTENCES = ("另一台已断电", "the other box is switched off")
SWITCH_SECONDS = 60.0


def by_whom() -> str:
    return f"console:{getpass.getuser()}"


def note(text: str, by: str = "") -> None:
    """In the journal, where it outlives the terminal."""
    syslog.openlog("hcc-cluster", 0, syslog.LOG_AUTH)
    syslog.syslog(syslog.LOG_NOTICE, f"{by or by_whom()}: {text}")


@dataclass
class Steering:
    """By etcd, from whichever box."""

    etcd: EtcdClient
    cluster: Cluster
    by: str = field(default_factory=by_whom)

    @property
    def _wishes(self) -> PeopleWishes:
        return PeopleWishes(self.etcd, self.by)

    async def leader(self) -> str | None:
        found = await self.etcd.get(keys.LEADER)
        return None if found is None else msgspec.json.decode(found.value, type=LeaderValue).node

    def _box(self, name: str) -> str:
        if not any(box.name == name for box in self.cluster.boxes):
            raise UnknownMemberError(name)
        return name

    # -- switch-over -------------------------------------------------------------------------------

    async def switch_over(self, name: str | None, *, drain_minutes: float, refused: NotReadyError | None) -> str:
        """Make `name`, or the box that is not active, the active one; returns its name when it is written down.

        `refused`: that the pair is not ready for it, as its agent says. Raises ClusterError.
        """
        active = await self.leader()
        if active is None:
            raise NobodyActiveError
        other = next((box.name for box in self.cluster.boxes if box.name != active), None)
        target = self._box(name) if name else other
        if target is None or target == active:
            raise ActiveError(f"{active}")
        if refused is not None:
            raise refused
        await self._wishes.switch_over(target, drain_seconds=round(drain_minutes * 60))
        note(f"switch-over to {target}", self.by)
        return target

    async def stop_switch_over(self) -> None:
        """While it still waits for calls to end."""
        await self._wishes.cancel_switchover()
        note("no switch-over", self.by)

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
        await self._wishes.enter_maintenance(name)
        note(f"maintenance of {name}", self.by)

    async def maintenance_off(self) -> str | None:
        """Whose it was. The active one clears it when the box is back."""
        ended = await self._wishes.end_maintenance()
        note("end of maintenance", self.by)
        return ended

    async def clear_hold(self) -> None:
        """Let the pair fail over by itself again; what was before counts no more."""
        await self._wishes.clear_hold()
        note("hold cleared", self.by)


def refusal(report: Report | None, *, anyway: bool) -> NotReadyError | None:
    """What keeps the pair from switching over, and for how long still where waiting helps."""
    reasons = obstacles(report, anyway=anyway)
    left = [node.ready_in_ms for node in report.nodes.values() if node.active] if report else []
    return NotReadyError(reasons, left[0] if left else None) if reasons else None


def obstacles(report: Report | None, *, anyway: bool) -> tuple[NotReady, ...]:
    """Why the pair is not ready to switch over, as its active box says; `anyway`: only what blocks it in any case."""
    if report is None:
        return (NotReady.AGENT_SILENT,)
    told = [node.not_ready for node in report.nodes.values() if node.active and node.not_ready is not None]
    reasons = tuple(named(name) for name in told[0]) if told else ()
    return tuple(reason for reason in reasons if not anyway or reason not in REDUNDANCY_ONLY)


def use_watchdog(places: Places, cluster: Cluster, mode: WatchdogMode) -> Cluster:
    """Of this box alone. Raises NoWatchdogError when it is to be required, NotHereError on the witness."""
    if cluster.own.part is Part.WITNESS:
        raise NotHereError(cluster.me)
    if mode is WatchdogMode.REQUIRED and not places.watchdog.exists():
        raise NoWatchdogError(str(places.watchdog))
    changed = msgspec.structs.replace(cluster, watchdog=mode)
    write(places.cluster_file, roster.toml(changed), mode=0o644)
    note(f"the hardware watchdog of {cluster.me} is {mode}", by_whom())
    return changed


def force_active(cluster: Cluster, typed: str, mark: Path = FORCED) -> None:
    """Break-glass: this box becomes active without asking anybody. Raises SentenceError, UnknownMemberError."""
    if cluster.own.part is Part.WITNESS:
        raise UnknownMemberError(cluster.me)
    if typed.strip().lower() not in SENTENCES:
        raise SentenceError
    note(f"{cluster.me} is to become active by force: {typed.strip()}")
    mark.touch(mode=0o600)
