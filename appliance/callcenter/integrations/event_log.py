"""The log of events: numbers that rise by one for ever, told to nobody before they are on disk."""

import asyncio
import bisect
from functools import partial

from appliance import clock
from appliance.callcenter.integrations import event_store
from appliance.callcenter.integrations.model import Document, Event
from appliance.callcenter.integrations.tables import EventRow
from appliance.callcenter.live.journal import LiveJournal
from appliance.db import Sessions

IN_MEMORY = 5_000
KEPT_ROWS = 200_000
KEPT_MS = 3 * 86_400_000


class EventLog:
    """One writer, any number of readers. A reader has a place in the log and asks for what comes behind it."""

    def __init__(
        self, journal: LiveJournal, sessions: Sessions, *, in_memory: int = IN_MEMORY, kept_rows: int = KEPT_ROWS
    ) -> None:
        self._journal = journal
        self._sessions = sessions
        self._in_memory = in_memory
        self._kept_rows = kept_rows
        self._recent: list[Event] = []
        self._next = 1
        self._oldest = 1
        self._news = asyncio.Event()
        self.seq = 0
        """The newest number on disk."""

    async def open(self) -> None:
        async with self._sessions() as session:
            self._oldest, self.seq = await event_store.span(session)
            self._recent = await event_store.newest(session, self._in_memory)
        self._next = self.seq + 1

    def append(
        self, kind: str, subject: str, data: Document, agents: tuple[str, ...] = (), queues: tuple[str, ...] = ()
    ) -> Event:
        """Give the event its number and have it stored; readers get it when it is."""
        event = Event(self._next, clock.now_ms(), kind, subject, agents, queues, data)
        self._next += 1
        self._journal.add(EventRow, event_store.values_of(event))
        self._journal.then(partial(self._stored, event))
        return event

    def _stored(self, event: Event) -> None:
        self._recent.append(event)
        self.seq = event.seq
        if len(self._recent) > 2 * self._in_memory:
            del self._recent[: self._in_memory]
        self._news.set()
        self._news = asyncio.Event()

    def reaches_back_to(self, seq: int) -> bool:
        """Whether nothing behind `seq` is lost: False for a place too long ago, or one that never was."""
        return self._oldest - 1 <= seq <= self.seq

    async def after(self, seq: int, limit: int) -> list[Event]:
        """Events behind `seq`, at most `limit`, oldest first."""
        if self._recent and seq >= self._recent[0].seq - 1:
            start = bisect.bisect_right(self._recent, seq, key=lambda event: event.seq)
            return self._recent[start : start + limit]
        if seq >= self.seq:
            return []
        async with self._sessions() as session:
            return await event_store.after(session, seq, limit)

    async def wait(self, seq: int, seconds: float) -> bool:
        """Until there is something behind `seq`; False when the time was over before."""
        try:
            async with asyncio.timeout(seconds):
                while self.seq <= seq:
                    await self._news.wait()
        except TimeoutError:
            return False
        return True

    async def prune(self) -> None:
        """Forget what is too old or too much."""
        async with self._sessions() as session, session.begin():
            before = clock.now_ms() - KEPT_MS
            await event_store.prune(session, before, self.seq - self._kept_rows, self.seq)
        async with self._sessions() as session:
            self._oldest, _ = await event_store.span(session)
