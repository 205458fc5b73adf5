"""A write whose outcome is always found out: if no answer came, by reading; never by blindly writing again.

Every such write compares something that it changes itself (a key is absent; a key has a certain mod revision). So it
can be carried out once at most, however often it was sent, and sending it again is harmless. (A key that was created
and deleted by somebody else could be created again by what was thought lost: what is created should carry a lease.)
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from appliance.ha.etcd.errors import EtcdCompactedError, EtcdCompareError, EtcdOutcomeUnknownError, EtcdUnavailableError
from appliance.ha.etcd.model import Compare, Delete, Get, KeyValue, Operation, Put, TransactionReply

HISTORY_STEPS = 16


class Store(Protocol):
    """What a guarded write needs of the client."""

    async def get(self, key: bytes, *, revision: int = 0, seconds: float | None = None) -> KeyValue | None: ...

    async def transact(
        self,
        when: Sequence[Compare],
        then: Sequence[Operation],
        otherwise: Sequence[Operation] = (),
        *,
        seconds: float | None = None,
    ) -> TransactionReply: ...


class GuardedWrite:
    """One write with its conditions. The values it writes should tell who wrote them: they are how it knows itself."""

    def __init__(self, store: Store, when: Sequence[Compare], then: Sequence[Put | Delete]) -> None:
        self._store = store
        self._when = when
        self._then = then
        self._guard, self._guarded = _guard(when, then)
        self._deadline = 0.0

    async def run(self, seconds: float) -> int:
        """The revision of the write. Errors: see `EtcdClient.write`."""
        self._deadline = asyncio.get_running_loop().time() + seconds
        reading = [Get(key=key) for key in dict.fromkeys(compare.key for compare in self._when)]
        unclear: EtcdOutcomeUnknownError | None = None
        while True:
            try:
                reply = await self._store.transact(self._when, self._then, reading, seconds=self._left())
            except EtcdOutcomeUnknownError as error:
                unclear = error
                continue
            except EtcdUnavailableError as error:
                if unclear is None:
                    raise
                raise EtcdOutcomeUnknownError(f"{unclear}; then {error}") from unclear
            if reply.succeeded:
                return reply.revision
            revision = await self._when_done(reply) if unclear else 0
            if not revision:
                raise EtcdCompareError(reply.kvs)
            return revision

    def _left(self) -> float:
        return max(0.0, self._deadline - asyncio.get_running_loop().time())

    async def _when_done(self, reply: TransactionReply) -> int:
        """At which revision an earlier sending was carried out; 0 if it never was and never will be.

        Goes back through what the guarded key held, from now to what it was to be before the write.
        Raises EtcdOutcomeUnknownError if that cannot be known any more.
        """
        before = self._guard.revision or 0
        now = next((kv for kv in reply.kvs if kv.key == self._guarded.key), None)
        if isinstance(self._guarded, Delete):
            return reply.revision if now is None else 0
        if now is None:
            # The key is gone. An absent one would have been created just now, had nothing else failed.
            return self._gone(before)
        for _ in range(HISTORY_STEPS):
            if now is None or now.mod_revision <= before:
                return 0
            if (now.value, now.lease) == (self._guarded.value, self._guarded.lease):
                return now.mod_revision
            now = await self._earlier(now)
        raise EtcdOutcomeUnknownError("the key was changed too often meanwhile")

    def _gone(self, before: int) -> int:
        if before == 0:
            return 0
        raise EtcdOutcomeUnknownError("the key was deleted meanwhile")

    async def _earlier(self, now: KeyValue) -> KeyValue | None:
        try:
            return await self._store.get(now.key, revision=now.mod_revision - 1, seconds=self._left())
        except (EtcdCompactedError, EtcdUnavailableError) as error:
            raise EtcdOutcomeUnknownError(f"the history of the key cannot be read: {error}") from error


def _makes_untrue(operation: Put | Delete, compare: Compare) -> bool:
    if compare.key != operation.key or compare.result != "EQUAL" or compare.revision is None:
        return False
    return isinstance(operation, Put) or compare.revision > 0


def _guard(when: Sequence[Compare], then: Sequence[Put | Delete]) -> tuple[Compare, Put | Delete]:
    """The condition that the write itself makes untrue, and the operation that does so. Raises ValueError."""
    for operation in then:
        for compare in when:
            if _makes_untrue(operation, compare):
                return compare, operation
    raise ValueError("nothing keeps this write from happening twice: compare a written key with absent or unchanged")
