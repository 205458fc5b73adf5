"""What people want, written into the `desired` key: by commands and pages, on whatever box they are."""

import contextlib
from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from appliance.clock import now_ms
from appliance.ha.agent import keys
from appliance.ha.agent.keys import ClearedValue, DesiredValue
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import EtcdCompareError
from appliance.ha.etcd.model import Put, is_at

TRIES = 5


class PeopleWishes:
    """Each raises EtcdError when it could not be written. `by`: who wants it."""

    def __init__(self, etcd: EtcdClient, by: str) -> None:
        self._etcd = etcd
        self._by = by

    async def switch_over(self, to: str, *, drain_seconds: int = 0) -> None:
        """The active decides whether it is possible; it takes the wish away when it is not, or is done."""
        await self._change(lambda wanted: replace(wanted, switchover=to, drain_ms=drain_seconds * 1_000))

    async def cancel_switchover(self) -> None:
        await self._change(lambda wanted: replace(wanted, switchover=None))

    async def enter_maintenance(self, node: str, *, drain_seconds: int = 0) -> None:
        """That box keeps out until the active ends it; if it is the active, the other takes over first."""
        drain_ms = drain_seconds * 1_000
        await self._change(lambda wanted: replace(wanted, maintenance=node, maintenance_ends=False, drain_ms=drain_ms))

    async def end_maintenance(self) -> str | None:
        """Whose it was. The active one clears it when the box is back."""
        wanted = await self._change(lambda wanted: replace(wanted, maintenance_ends=wanted.maintenance is not None))
        return wanted.maintenance

    async def clear_hold(self) -> None:
        """Fail-overs up to now count no more."""
        cleared = keys.encode(ClearedValue(self._by, now_ms()))
        await self._change(lambda wanted: replace(wanted, hold=False), Put(key=keys.HOLD_CLEARED, value=cleared))

    async def _change(self, change: Callable[[DesiredValue], DesiredValue], *also: Put) -> DesiredValue:
        """Whatever is written meanwhile is kept; returns what was written."""
        for _ in range(TRIES - 1):
            with contextlib.suppress(EtcdCompareError):
                return await self._change_once(change, also)
        return await self._change_once(change, also)

    async def _change_once(self, change: Callable[[DesiredValue], DesiredValue], also: tuple[Put, ...]) -> DesiredValue:
        known = await self._etcd.get(keys.DESIRED)
        before = msgspec.json.decode(known.value, type=DesiredValue) if known is not None else DesiredValue()
        wanted = replace(change(before), by=self._by)
        when = [is_at(keys.DESIRED, known.mod_revision if known is not None else 0)]
        await self._etcd.write(when, [Put(key=keys.DESIRED, value=keys.encode(wanted)), *also])
        return wanted
