"""Writes what the active decides: `sync`, `desired`, the history. Each only while the leader key is ours."""

import asyncio
import logging
from collections.abc import Callable, Coroutine

import msgspec
from msgspec.structs import replace

from appliance.ha.agent import keys
from appliance.ha.agent.keys import DesiredValue, HistoryEntry, LeaderValue, Stage, SyncValue
from appliance.ha.agent.leading import Leadership
from appliance.ha.agent.parts import Changed
from appliance.ha.agent.picture import Picture
from appliance.ha.agent.troubles import Troubles
from appliance.ha.decision.actions import Action, ClearMaintenance, ClearSwitchover, RecordSync, SetHold
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import EtcdCompareError, EtcdError
from appliance.ha.etcd.model import Delete, Put, is_at, is_unchanged

log = logging.getLogger(__name__)

MOST_STAGES = 30


class Writing:
    """One write of a kind at a time: the same wish that comes again meanwhile is ignored."""

    def __init__(
        self,
        etcd: EtcdClient,
        leader: LeaderValue,
        leadership: Leadership,
        picture: Callable[[], Picture],
        wrote: Changed,
    ) -> None:
        self._etcd = etcd
        self._leader = leader
        self._leadership = leadership
        self._picture = picture
        self._wrote = wrote
        self._under_way: dict[object, asyncio.Task[None]] = {}
        self._stages: list[Stage] = []
        self._troubles = Troubles(log)

    def record_sync(self, wish: RecordSync, epoch: int) -> None:
        value = SyncValue(wish.primary, wish.standby, epoch, self._leader.boot)
        when = [is_at(keys.SYNC, wish.revision), *self._leadership.is_ours()]
        self._begin(wish, self._etcd.write(when, [Put(key=keys.SYNC, value=keys.encode(value))]))

    def set_hold(self, wish: SetHold) -> None:
        self._want(wish, lambda desired: replace(desired, hold=True))

    def clear_switchover(self, wish: ClearSwitchover) -> None:
        self._want(wish, lambda desired: replace(desired, switchover=None))

    def clear_maintenance(self, wish: ClearMaintenance) -> None:
        self._want(wish, lambda desired: replace(desired, maintenance=None, maintenance_ends=False))

    def _want(self, wish: Action, change: Callable[[DesiredValue], DesiredValue]) -> None:
        """Changes what was read last; what a person has written since is not overwritten."""
        picture = self._picture()
        wanted = replace(change(picture.desired), by=self._leader.node)
        when = [is_at(keys.DESIRED, picture.etcd.desired.revision), *self._leadership.is_ours()]
        self._begin(wish, self._etcd.write(when, [Put(key=keys.DESIRED, value=keys.encode(wanted))]))

    def tell_stage(self, stage: Stage) -> None:
        """The time line of how we became active; best effort, it decides nothing."""
        self._stages.append(stage)
        self._begin("stages", self._add_stages(self._leadership.history_key()))

    def prune_history(self) -> None:
        old = self._picture().history_keys[: -keys.HISTORY_KEPT]
        if old:
            self._begin("pruning", self._prune(old[0].key))

    async def close(self) -> None:
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _add_stages(self, key: bytes) -> int:
        """Also those that are told meanwhile."""
        revision = 0
        while self._stages:
            told, self._stages = tuple(self._stages), []
            known = await self._etcd.get(key) if key else None
            if known is None:
                return 0
            entry = msgspec.json.decode(known.value, type=HistoryEntry)
            value = keys.encode(replace(entry, stages=(*entry.stages, *told)[:MOST_STAGES]))
            when = [is_unchanged(known), *self._leadership.is_ours()]
            revision = await self._etcd.write(when, [Put(key=key, value=value)])
        return revision

    async def _prune(self, key: bytes) -> int:
        known = await self._etcd.get(key)
        if known is None:
            return 0
        return await self._etcd.write([is_unchanged(known), *self._leadership.is_ours()], [Delete(key=key)])

    def _begin(self, what: object, work: Coroutine[None, None, int]) -> None:
        if what in self._under_way:
            work.close()
            return
        task = self._under_way[what] = asyncio.create_task(self._carry_out(what, work))
        task.add_done_callback(lambda _: self._under_way.pop(what, None))

    async def _carry_out(self, what: object, work: Coroutine[None, None, int]) -> None:
        name = what if isinstance(what, str) else type(what).__name__
        try:
            await work
        except EtcdCompareError:
            pass  # it has changed meanwhile; whoever wished it reads and decides again
        except EtcdError as error:
            self._troubles.fails(f"writing ({name})", error)
        else:
            self._troubles.works(f"writing ({name})")
        self._wrote()
