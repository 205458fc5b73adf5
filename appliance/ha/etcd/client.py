"""etcd v3 through its JSON gateway: typed, several endpoints, a deadline on every request.

    async with EtcdClient(Access(endpoints=["https://10.0.0.1:2379", …], certificates=…, user="…", password=…)) as etcd:
        leader = await etcd.get(b"/hcc/leader")
        await etcd.write([is_unchanged(leader)], [Put(key=leader.key, value=b"…")])

What may fail, and how, is the closed set of `etcd_errors`. A client belongs to the event loop that opened it.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from appliance.clock import boot_seconds
from appliance.ha.etcd import gateway
from appliance.ha.etcd.errors import (
    EtcdCompactedError,
    EtcdLeaseNotFoundError,
    EtcdOutcomeUnknownError,
    EtcdRefusedError,
    EtcdUnavailableError,
)
from appliance.ha.etcd.link import Access, Link
from appliance.ha.etcd.model import (
    Alarm,
    Compare,
    Delete,
    Get,
    KeyValue,
    Lease,
    LeaseState,
    Listing,
    Member,
    Operation,
    Put,
    Status,
    Step,
    Transaction,
    TransactionReply,
    end_of_prefix,
)
from appliance.ha.etcd.writes import GuardedWrite

MOVE_SECONDS = 5.0


class EtcdClient:
    """All requests; `link` also serves `etcd_watch.follow`."""

    def __init__(self, access: Access) -> None:
        self.link = Link(access)

    async def __aenter__(self) -> Self:
        await self.link.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.link.close()

    # -- reading -----------------------------------------------------------------------------------

    async def get(self, key: bytes, *, revision: int = 0, seconds: float | None = None) -> KeyValue | None:
        """The key as it is now for the whole cluster, or as it was at `revision`. Raises EtcdCompactedError."""
        answer = await self.link.ask(gateway.RANGE, Get(key=key, revision=revision), seconds=seconds)
        return answer.reply.kvs[0] if answer.reply.kvs else None

    async def list(self, prefix: bytes, *, limit: int = 0, seconds: float | None = None) -> Listing:
        """All keys that begin with `prefix` (empty: all keys), sorted by their bytes."""
        return await self.range(Get(key=prefix or b"\0", range_end=end_of_prefix(prefix), limit=limit), seconds=seconds)

    async def range(self, request: Get, *, seconds: float | None = None) -> Listing:
        return (await self.link.ask(gateway.RANGE, request, seconds=seconds)).reply

    # -- writing -----------------------------------------------------------------------------------

    async def put(self, key: bytes, value: bytes, *, lease: int = 0, seconds: float | None = None) -> int:
        """Set a key whatever it holds; returns the revision.

        Raises EtcdOutcomeUnknownError, and then the write may still happen later: only for what is told again soon.
        """
        request = Put(key=key, value=value, lease=lease)
        return (await self.link.ask(gateway.PUT, request, seconds=seconds)).reply.revision

    async def delete(self, key: bytes, *, seconds: float | None = None) -> int:
        """Delete a key whatever it holds; returns how many there were (0 or 1). As uncertain as `put`."""
        return (await self.link.ask(gateway.DELETE, Delete(key=key), seconds=seconds)).reply.deleted

    async def delete_prefix(self, prefix: bytes, *, seconds: float | None = None) -> int:
        request = Delete(key=prefix or b"\0", range_end=end_of_prefix(prefix))
        return (await self.link.ask(gateway.DELETE, request, seconds=seconds)).reply.deleted

    async def transact(
        self,
        when: Sequence[Compare],
        then: Sequence[Operation],
        otherwise: Sequence[Operation] = (),
        *,
        seconds: float | None = None,
    ) -> TransactionReply:
        """One transaction, sent once. Raises EtcdOutcomeUnknownError; `write` finds out what became of it."""
        request = Transaction(
            compare=tuple(when), success=tuple(map(Step.of, then)), failure=tuple(map(Step.of, otherwise))
        )
        return (await self.link.ask(gateway.TRANSACTION, request, seconds=seconds)).reply

    async def write(
        self, when: Sequence[Compare], then: Sequence[Put | Delete], *, seconds: float | None = None
    ) -> int:
        """Write if all of `when` holds, exactly once, and know it; returns the revision of the write.

        One of `when` must be `is_absent` or `is_unchanged` of a key that is written: so it cannot happen twice.
        Raises EtcdCompareError with what was found, EtcdUnavailableError, EtcdLeaseNotFoundError, and
        EtcdOutcomeUnknownError if etcd could not be asked in time what became of it.
        """
        return await GuardedWrite(self, when, then).run(self.link.request_seconds if seconds is None else seconds)

    async def compact(self, revision: int) -> None:
        """Forget what was before `revision`. That it is forgotten already is fine."""
        with contextlib.suppress(EtcdCompactedError):
            await self.link.ask(gateway.COMPACT, {"revision": revision})

    # -- leases ------------------------------------------------------------------------------------

    async def lease_grant(self, ttl_seconds: int, *, seconds: float | None = None) -> Lease:
        """A new lease. etcd may give it more time than asked for (at least 1.5 elections)."""
        number = secrets.randbelow(2**63 - 1) + 1
        request, first_sent_at = {"ID": number, "TTL": ttl_seconds}, boot_seconds()
        try:
            answer = await self.link.ask(gateway.LEASE_GRANT, request, seconds=seconds)
        except EtcdRefusedError as error:
            if "lease already exists" not in error.text:
                raise
            return Lease(number, ttl_seconds, first_sent_at)
        return Lease(number, answer.reply.ttl, answer.sent_at)

    async def lease_keep_alive(self, number: int, *, seconds: float | None = None) -> Lease:
        """Start the lease's time anew. Raises EtcdLeaseNotFoundError when it is over."""
        answer = await self.link.ask(gateway.LEASE_KEEP_ALIVE, {"ID": number}, seconds=seconds)
        if answer.reply.ttl <= 0:
            raise EtcdLeaseNotFoundError("the lease has expired or was revoked")
        return Lease(number, answer.reply.ttl, answer.sent_at)

    async def lease_revoke(self, number: int, *, seconds: float | None = None) -> bool:
        """End a lease; its keys go with it. False if it was over already."""
        try:
            await self.link.ask(gateway.LEASE_REVOKE, {"ID": number}, seconds=seconds)
        except EtcdLeaseNotFoundError:
            return False
        return True

    async def lease_state(self, number: int, *, seconds: float | None = None) -> LeaseState:
        """What etcd knows of a lease. Raises EtcdLeaseNotFoundError."""
        request = {"ID": number, "keys": True}
        reply = (await self.link.ask(gateway.LEASE_STATE, request, seconds=seconds)).reply
        if reply.ttl < 0:
            raise EtcdLeaseNotFoundError("the lease has expired or was revoked")
        return LeaseState(number, reply.granted_ttl, reply.ttl, reply.keys)

    # -- the cluster -------------------------------------------------------------------------------

    async def members(self) -> tuple[Member, ...]:
        return (await self.link.ask(gateway.MEMBERS, {"linearizable": True})).reply.members

    async def status(self, endpoint: str, *, seconds: float | None = None) -> Status:
        """What the member behind `endpoint` says of itself; also when it knows no leader."""
        return (await self.link.ask(gateway.STATUS, {}, seconds=seconds, only=endpoint)).reply

    async def leader(self) -> tuple[str, Status] | None:
        """The endpoint of raft's leader and its status; None when no endpoint is the leader's."""
        half = self.link.request_seconds / 2
        asked = [self.status(url, seconds=half) for url in self.link.urls]
        found = await asyncio.gather(*asked, return_exceptions=True)
        for url, status in zip(self.link.urls, found, strict=True):
            if isinstance(status, BaseException):
                if not isinstance(status, EtcdUnavailableError):
                    raise status
            elif status.leader == status.member_id:
                return url, status
        return None

    async def move_leader(self, target: int, *, seconds: float = MOVE_SECONDS) -> None:
        """Make member `target` raft's leader. Raises EtcdUnavailableError when it has not become so in time."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    if await self._leads(target):
                        return
                    await asyncio.sleep(0.1)
        except TimeoutError as error:
            raise EtcdUnavailableError(f"member {target:x} has not become leader within {seconds} s") from error

    async def _leads(self, target: int) -> bool:
        """Whether it leads already; if not, the leader is asked to hand over (it sometimes fails: ask again)."""
        found = await self.leader()
        if found is None:
            return False
        url, status = found
        if status.leader == target:
            return True
        try:
            await self.link.ask(gateway.MOVE_LEADER, {"targetID": target}, only=url, try_seconds=MOVE_SECONDS)
        except EtcdRefusedError as error:
            if "bad leader transferee" in error.text:
                raise
        except EtcdUnavailableError, EtcdOutcomeUnknownError:
            return False
        return False

    async def alarms(self) -> tuple[Alarm, ...]:
        """NOSPACE or CORRUPT with the member it is about."""
        return (await self.link.ask(gateway.ALARMS, {"action": "GET"})).reply.alarms

    async def disarm(self, alarm: Alarm) -> None:
        request = {"action": "DEACTIVATE", "memberID": alarm.member_id, "alarm": alarm.alarm}
        await self.link.ask(gateway.ALARMS, request)

    async def defragment(self, endpoint: str, *, seconds: float = 60.0) -> None:
        """Give free space of one member back to its disk; that member answers nobody meanwhile."""
        await self.link.ask(gateway.DEFRAGMENT, {}, seconds=seconds, try_seconds=seconds, only=endpoint)
