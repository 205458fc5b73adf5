"""Agents whom an integrator's program signed in: when it falls silent, they become busy and later signed out."""

from functools import partial

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.acd.events import BecameBusy, SignedOut
from appliance.callcenter.acd.model import OCCUPIED, AgentState
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.integrations.model import CAUSE_CLIENT_LOST, Lease
from appliance.callcenter.integrations.tables import LeaseRow
from appliance.db import Sessions

SIGN_OUT_SECONDS = 600
"""How long an agent stays busy after the program was lost."""
AGAIN_SECONDS = 30
TIMER = "lease"


class Leases:
    """What is granted survives a restart; the time begins anew then, because we were away, not the program."""

    def __init__(self, floor: Floor, sessions: Sessions) -> None:
        self._floor = floor
        self._sessions = sessions
        self._leases: dict[int, Lease] = {}

    async def open(self) -> None:
        async with self._sessions() as session:
            rows = (await session.scalars(select(LeaseRow))).all()
        for row in rows:
            lease = Lease(row.agent_id, row.key_id, row.seconds, row.sign_in, row.lost_at)
            self._leases[lease.agent] = lease
            if self._valid(lease):
                self._count_down(lease)
            else:
                await self.end(lease.agent)

    def of(self, agent: int) -> Lease | None:
        """The agent's lease, unless she signed out or in again otherwise meanwhile."""
        lease = self._leases.get(agent)
        return lease if lease is not None and self._valid(lease) else None

    def _valid(self, lease: Lease) -> bool:
        agent = self._floor.agent(lease.agent)
        return agent.state is not AgentState.SIGNED_OUT and agent.sign_in == lease.sign_in

    async def grant(self, agent: int, key: int, seconds: int) -> Lease:
        lease = Lease(agent, key, seconds, self._floor.agent(agent).sign_in)
        self._leases[agent] = lease
        self._count_down(lease)
        await self._store(lease)
        return lease

    async def renew(self, agent: int, key: int) -> Lease | None:
        """The program was heard of. None when it holds no lease for this agent."""
        lease = self.of(agent)
        if lease is None or lease.key != key:
            return None
        if lease.lost_at is not None:
            return await self.grant(agent, key, lease.seconds)
        self._count_down(lease)
        return lease

    async def end(self, agent: int) -> None:
        self._floor.stop_timer(TIMER, str(agent))
        self._floor.pages.closed(agent, TIMER, clock.now_ms())
        if self._leases.pop(agent, None) is not None:
            async with self._sessions() as session, session.begin():
                await session.execute(delete(LeaseRow).where(LeaseRow.agent_id == agent))

    async def _store(self, lease: Lease) -> None:
        async with self._sessions() as session, session.begin():
            await _put(session, lease)

    def _count_down(self, lease: Lease) -> None:
        """The program stands for the agent's page as long as its lease lasts."""
        if lease.lost_at is None:
            self._floor.pages.heard(lease.agent, TIMER, clock.now_ms() + lease.seconds * 1000)
        seconds = lease.seconds if lease.lost_at is None else SIGN_OUT_SECONDS
        after = self._lost if lease.lost_at is None else self._sign_out
        self._at(seconds, lease.agent, partial(after, lease.agent))

    def _at(self, seconds: int, agent: int, action: partial[None]) -> None:
        self._floor.set_timer(TIMER, str(agent), clock.now_ms() + seconds * 1000, action)

    def _lost(self, agent: int) -> None:
        """Nothing was heard of the program for the length of the lease."""
        lease = self.of(agent)
        if lease is None:
            self._forget(agent)
            return
        now = clock.now_ms()
        self._floor.pages.closed(agent, TIMER, now)
        lost = Lease(agent, lease.key, lease.seconds, lease.sign_in, now)
        self._leases[agent] = lost
        self._floor.commands.add(f"lease {agent}", partial(self._store, lost))
        self._floor.distribute(BecameBusy(now, agent, CAUSE_CLIENT_LOST))
        self._count_down(lost)

    def _sign_out(self, agent: int) -> None:
        if self.of(agent) is None:
            self._forget(agent)
            return
        if self._floor.agent(agent).state in OCCUPIED:
            self._at(AGAIN_SECONDS, agent, partial(self._sign_out, agent))
            return
        self._floor.distribute(SignedOut(clock.now_ms(), agent, CAUSE_CLIENT_LOST))
        self._forget(agent)

    def _forget(self, agent: int) -> None:
        self._floor.commands.add(f"lease {agent}", partial(self.end, agent))


async def _put(session: AsyncSession, lease: Lease) -> None:
    row = LeaseRow(
        agent_id=lease.agent, key_id=lease.key, seconds=lease.seconds, sign_in=lease.sign_in, lost_at=lease.lost_at
    )
    await session.merge(row)
