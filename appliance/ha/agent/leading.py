"""Our lease and the leader key on it, from the campaign to its end.

The lease keeper counts and keeps in threads of its own; here it is joined with the key, whose create_revision is the
epoch. A lease that was given up never comes back: each campaign makes a new one.
"""

import asyncio
import logging

from appliance.clock import now_ms
from appliance.ha.agent import keys
from appliance.ha.agent.keys import HistoryEntry, LeaderValue
from appliance.ha.agent.parts import Changed, Clock, boot_clock
from appliance.ha.agent.troubles import Troubles
from appliance.ha.decision import model
from appliance.ha.decision.actions import Campaign
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import EtcdCompareError, EtcdError
from appliance.ha.etcd.link import Access
from appliance.ha.etcd.model import Compare, Lease, Put, has_lease, has_value, is_absent, is_at
from appliance.ha.lease import LeaseKeeper, LeaseTerms

log = logging.getLogger(__name__)

RETRY_SECONDS, CLOSE_SECONDS = 0.2, 2.0


class Attempt:
    """One lease and, once won, its epoch. Called by the keeper in its threads."""

    def __init__(self, access: Access, terms: LeaseTerms, changed: Changed) -> None:
        self._loop = asyncio.get_running_loop()
        self._changed = changed
        self._lease: asyncio.Future[Lease] = self._loop.create_future()
        self.keeper = LeaseKeeper(access, self, terms)
        self.ttl_ms = terms.ttl_seconds * 1_000
        self.epoch = 0
        self.lets_expire = False
        self.history: bytes = b""
        self.work: asyncio.Task[None] | None = None

    def granted(self, lease: Lease) -> None:
        self.ttl_ms = lease.ttl_seconds * 1_000
        self._soon(lambda: self._grant(lease))

    def renewed(self, deadline: float) -> None:
        del deadline  # asked of the keeper when it is wanted
        self._soon(self._changed)

    def ended(self, reason: str) -> None:
        del reason  # the keeper has logged it
        self._soon(self._changed)

    def _grant(self, lease: Lease) -> None:
        if not self._lease.done():
            self._lease.set_result(lease)

    async def lease(self) -> Lease:
        return await asyncio.shield(self._lease)

    def _soon(self, what: Changed) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(what)

    @property
    def is_over(self) -> bool:
        """It was won and the lease is not ours any more."""
        return bool(self.epoch) and not self.keeper.held()


class Leadership:
    """What of ours is in etcd's leader key."""

    def __init__(
        self,
        access: Access,
        etcd: EtcdClient,
        leader: LeaderValue,
        changed: Changed,
        *,
        wrote: Changed,
        terms: LeaseTerms | None = None,
        clock: Clock = boot_clock,
    ) -> None:
        self._access = access
        self._etcd = etcd
        self._leader = leader
        self._value = keys.encode(leader)
        self._changed = changed
        self._wrote = wrote
        self._terms = terms or LeaseTerms()
        self._clock = clock
        self._attempt: Attempt | None = None
        self._releasing: set[asyncio.Task[None]] = set()
        self._troubles = Troubles(log)

    def seen(self) -> model.Lease | None:
        """None from the margin before the lease's end on, for good."""
        attempt = self._attempt
        if attempt is None or not attempt.epoch or not attempt.keeper.held():
            return None
        until = int(attempt.keeper.deadline() * 1_000)
        return model.Lease(attempt.epoch, until, until - attempt.ttl_ms)

    def is_ours(self) -> tuple[Compare, ...]:
        """Conditions under which what we write is written by who leads; of nobody if we do not."""
        lease = self._attempt.keeper.lease_id if self._attempt is not None and self._attempt.epoch else -1
        return has_value(keys.LEADER, self._value), has_lease(keys.LEADER, lease)

    def history_key(self) -> bytes:
        """Of the entry that tells of our present leadership; empty: there is none."""
        return self._attempt.history if self._attempt is not None and self._attempt.epoch else b""

    def use(self, access: Access) -> None:
        """Other members; for the lease that is kept, too."""
        self._access = access
        self.renew()

    def renew(self) -> None:
        """The certificates may be new: the lease that is kept goes on with them."""
        if self._attempt is not None:
            self._attempt.keeper.use(self._access)

    # -- wishes ----------------------------------------------------------------------------------------

    def campaign(self, wish: Campaign, gone_ms: int | None) -> None:
        """Ignored while a lease of ours is being won or kept."""
        if self._attempt is not None:
            if not self._attempt.is_over:
                return
            self.release()
        attempt = self._attempt = Attempt(self._access, self._terms, self._changed)
        attempt.keeper.start()
        attempt.work = asyncio.create_task(self._win(attempt, wish, gone_ms))

    def release(self) -> None:
        """Revoke the last one, also one that is only being won; tried until etcd has answered."""
        attempt, self._attempt = self._attempt, None
        if attempt is None:
            return
        if attempt.work is not None:
            attempt.work.cancel()
        task = asyncio.create_task(self._revoke(attempt))
        self._releasing.add(task)
        task.add_done_callback(self._releasing.discard)

    def let_expire(self) -> None:
        """Send no more keep-alives."""
        attempt = self._attempt
        if attempt is None or attempt.lets_expire:
            return
        attempt.lets_expire = True
        task = asyncio.create_task(asyncio.to_thread(attempt.keeper.stop, revoke=False))
        self._releasing.add(task)
        task.add_done_callback(self._releasing.discard)

    async def close(self) -> None:
        """Stops keeping; what etcd does not let us give back now runs out by itself."""
        if self._attempt is not None:
            await asyncio.to_thread(self._attempt.keeper.stop, revoke=False)
        if self._releasing:
            await asyncio.wait(self._releasing, timeout=CLOSE_SECONDS)
        for task in list(self._releasing):
            task.cancel()
        await asyncio.gather(*self._releasing, return_exceptions=True)

    # -- at work ---------------------------------------------------------------------------------------

    async def _win(self, attempt: Attempt, wish: Campaign, gone_ms: int | None) -> None:
        lease = await attempt.lease()
        entry = HistoryEntry(self._leader.node, self._leader.boot, wish.cause, self._clock(), now_ms(), gone_ms)
        history = keys.history_key(entry)
        when = [
            is_absent(keys.LEADER),
            is_at(keys.SYNC, wish.sync_revision),
            is_at(keys.DESIRED, wish.desired_revision),
        ]
        then = [
            Put(key=keys.LEADER, value=self._value, lease=lease.id),
            Put(key=history, value=keys.encode(entry)),
        ]
        try:
            epoch = await self._etcd.write(when, then)
        except EtcdError as error:
            if not isinstance(error, EtcdCompareError):
                self._troubles.fails("the campaign", error)
            if self._attempt is attempt:
                attempt.work = None
                self.release()
            return
        self._troubles.works("the campaign")
        attempt.history, attempt.epoch = history, epoch
        self._wrote()
        self._changed()

    async def _revoke(self, attempt: Attempt) -> None:
        await asyncio.to_thread(attempt.keeper.stop, revoke=True)
        while lease := attempt.keeper.lease_id:
            try:
                await self._etcd.lease_revoke(lease)
            except EtcdError:
                await asyncio.sleep(RETRY_SECONDS)
                continue
            break
        self._wrote()
        self._changed()
