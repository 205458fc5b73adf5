"""Who is raft's leader, and moving it off the active box. Asks as etcd's root: others may not."""

import asyncio
import logging
from collections.abc import Sequence

from appliance.ha.agent.parts import Changed
from appliance.ha.agent.troubles import Troubles
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import EtcdError
from appliance.ha.etcd.model import Member as EtcdMember

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
MOVE_PAUSE_SECONDS = 2.0


class RaftLeader:
    """A part of the agent. `name_of` is told by the member of our own box; None: unknown."""

    name = "raft leader"

    def __init__(self, etcd: EtcdClient, own_url: str, targets: Sequence[str], changed: Changed) -> None:
        self._etcd = etcd
        self.targets = targets
        """Who may have it, in order of preference."""
        self._own_url = own_url
        self._changed = changed
        self._members: tuple[EtcdMember, ...] = ()
        self._troubles = Troubles(log)
        self._moving: asyncio.Task[None] | None = None
        self.leader: str | None = None

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        if self._moving is not None:
            self._moving.cancel()
            await asyncio.gather(self._moving, return_exceptions=True)
            self._moving = None

    async def run(self) -> None:
        while True:
            before = self.leader
            self.leader = await self._look()
            if self.leader != before:
                self._changed()
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> str | None:
        try:
            status = await self._etcd.status(self._own_url, seconds=LOOK_SECONDS)
            if status.leader not in {member.id for member in self._members}:
                self._members = await self._etcd.members()
        except EtcdError:
            return None
        return next((member.name for member in self._members if member.id == status.leader), None)

    def move(self) -> None:
        """To the first of `targets` that takes it."""
        if self._moving is None or self._moving.done():
            self._moving = asyncio.create_task(self._move(self.targets))

    async def _move(self, targets: Sequence[str]) -> None:
        ids = {member.name: member.id for member in self._members if not member.is_learner}
        for target in targets:
            try:
                if target in ids:
                    await self._etcd.move_leader(ids[target], seconds=MOVE_PAUSE_SECONDS)
            except EtcdError as error:
                self._troubles.fails("moving raft's leader", error)
                continue
            self._troubles.works("moving raft's leader")
            break
        self.leader = await self._look()
        self._changed()
        await asyncio.sleep(MOVE_PAUSE_SECONDS)
