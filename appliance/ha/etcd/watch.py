"""Following all keys under a prefix: listed once, then watched, and looked at again every now and then.

A watch is a hint only (it may fall silent, or its member may be frozen), so every `poll_seconds` the keys are listed
too. After a lost connection or a lost leader the watch goes on elsewhere, from the revision after the last one seen;
when that is compacted away, the keys are listed anew and what differs is told.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType, TracebackType
from typing import Self

from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import EtcdCompactedError, EtcdError, EtcdPermissionError, EtcdUnavailableError, Verdict
from appliance.ha.etcd.errors import verdict_on as verdict
from appliance.ha.etcd.gateway import WATCH
from appliance.ha.etcd.model import Change, KeyValue, Listing, WatchReply, end_of_prefix

log = logging.getLogger(__name__)

POLL_SECONDS = 1.6
PAUSE_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0)
STEADY_SECONDS = 3.0
"""What held for so long is begun again without a longer pause."""
MOST_PENDING = 10_000


@dataclass(frozen=True)
class Update:
    """What has changed since the update before, and all keys after it."""

    changes: tuple[Change, ...]
    """In the order of their revisions. What was only found by listing has the last state of each key, not each step."""
    kvs: Mapping[bytes, KeyValue]
    revision: int


class Follower:
    """All keys under a prefix, and every change of them.

        async with Follower(etcd, b"/hcc/") as updates:
            async for update in updates: …

    The first update has all keys. Changes that come while the reader is busy are put together into the next update.
    Ends with EtcdPermissionError only; everything else is tried again.
    """

    def __init__(self, etcd: EtcdClient, prefix: bytes, *, poll_seconds: float = POLL_SECONDS) -> None:
        self._etcd = etcd
        self._prefix = prefix
        self._poll_seconds = poll_seconds
        self._kvs: dict[bytes, KeyValue] = {}
        self._revision = 0
        self._pending: list[Change] = []
        self._news = asyncio.Event()
        self._failure: EtcdError | None = None
        self._listed = False
        self._endpoint = ""
        self._scope: asyncio.Timeout | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.lists = 0
        """How often a listing told what was not known: once, and once more whenever the watch had not told all."""
        self.streams = 0
        """How often a watch was begun."""

    async def __aenter__(self) -> Self:
        for work in (self._keep_watching(), self._keep_polling()):
            self._tasks.append(asyncio.create_task(self._guarded(work)))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def endpoint(self) -> str:
        """Where the watch is at the moment; empty while it is nowhere."""
        return self._endpoint

    async def __aiter__(self) -> AsyncIterator[Update]:
        while True:
            await self._news.wait()
            self._news.clear()
            if self._failure is not None:
                raise self._failure
            changes, self._pending = tuple(self._pending), []
            yield Update(changes, MappingProxyType(dict(self._kvs)), self._revision)

    async def _guarded(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except EtcdError as error:
            self._failure = error
            self._news.set()

    # -- watching ----------------------------------------------------------------------------------

    async def _keep_watching(self) -> None:
        loop, failures, began = asyncio.get_running_loop(), 0, 0.0
        while True:
            failures = 0 if loop.time() - began > STEADY_SECONDS else failures + 1
            began = loop.time()
            try:
                if not self._listed:
                    self._take_listing(await self._etcd.list(self._prefix))
                await self._watch()
            except EtcdCompactedError:
                self._listed = False
                continue
            except TimeoutError:
                continue  # polling found that it had fallen behind
            except EtcdPermissionError:
                raise
            except EtcdError as error:
                log.info("the watch begins again: %s", error)
            await asyncio.sleep(PAUSE_SECONDS[min(failures, len(PAUSE_SECONDS) - 1)])

    async def _watch(self) -> None:
        """Until it breaks: always raises."""
        request = {
            "key": self._prefix or b"\0",
            "range_end": end_of_prefix(self._prefix),
            "start_revision": self._revision + 1,
            "progress_notify": True,
        }
        try:
            async with (
                asyncio.timeout(None) as self._scope,
                self._etcd.link.stream(WATCH, {"create_request": request}) as (self._endpoint, replies),
            ):
                self.streams += 1
                async for reply in replies:
                    self._take_reply(reply)
        finally:
            self._scope, self._endpoint = None, ""
        raise EtcdUnavailableError("the watch ended")

    def _take_reply(self, reply: WatchReply) -> None:
        if reply.compact_revision:
            raise EtcdCompactedError(f"compacted up to {reply.compact_revision}")
        if reply.canceled:
            self._cancelled(reply.cancel_reason)
        fresh = [change for change in reply.events if change.kv.mod_revision > self._revision]
        for change in fresh:
            if change.deleted:
                self._kvs.pop(change.kv.key, None)
            else:
                self._kvs[change.kv.key] = change.kv
        if fresh:
            self._revision = fresh[-1].kv.mod_revision
            self._tell(fresh)
        elif not reply.events and not reply.created:
            self._revision = max(self._revision, reply.revision)  # progress: all up to here has been sent

    def _cancelled(self, reason: str) -> None:
        if verdict(0, reason) is Verdict.TOKEN:
            self._etcd.link.drop_token()
        elif "permission denied" in reason:
            raise EtcdPermissionError(reason)
        raise EtcdUnavailableError(f"cancelled: {reason}")

    # -- looking again -----------------------------------------------------------------------------

    async def _keep_polling(self) -> None:
        while True:
            await asyncio.sleep(self._poll_seconds)
            with contextlib.suppress(EtcdUnavailableError):
                listing = await self._etcd.list(self._prefix)
                if (self._listed and self._take_listing(listing)) or self._etcd.link.is_resting(self._endpoint):
                    self._watch_elsewhere()

    def _watch_elsewhere(self) -> None:
        if self._scope is not None:
            self._scope.reschedule(asyncio.get_running_loop().time())

    def _take_listing(self, listing: Listing) -> bool:
        """Whether it differed from what was known."""
        if self._revision > listing.revision:
            return False
        first, self._listed = self.lists == 0, True
        changes = differences(self._kvs, listing)
        self._kvs = {kv.key: kv for kv in listing.kvs}
        self._revision = listing.revision
        if not changes and not first:
            return False
        self.lists += 1
        self._tell(changes)
        return True

    def _tell(self, changes: Sequence[Change]) -> None:
        self._pending += changes
        if len(self._pending) > MOST_PENDING:
            last = {change.kv.key: change for change in self._pending}
            self._pending = sorted(last.values(), key=lambda change: change.kv.mod_revision)
        self._news.set()


def differences(known: Mapping[bytes, KeyValue], listing: Listing) -> list[Change]:
    """What must have happened between `known` and `listing`; a deletion gets the revision of the listing."""
    now = {kv.key: kv for kv in listing.kvs}
    gone = [
        Change(type="DELETE", kv=KeyValue(key=key, mod_revision=listing.revision)) for key in known if key not in now
    ]
    put = [
        Change(kv=kv)
        for kv in now.values()
        if (old := known.get(kv.key)) is None or old.mod_revision != kv.mod_revision
    ]
    return sorted(put + gone, key=lambda change: change.kv.mod_revision)
