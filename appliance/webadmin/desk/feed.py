"""From call control's changes to each browser: who may see what, the recent past, bounded queues."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from appliance import clock, db
from appliance.events import Subscription
from appliance.webadmin.desk.protocol import BODIES, Change, Document

RING_LENGTH = 1000
OUTBOX_LENGTH = 500
SUBSCRIPTION_LENGTH = 10_000

FOR_EVERYBODY = frozenset({"agent", "queue", "configuration", "thresholds"})
FOR_MANAGERS = frozenset({"supervision", "supervision_gone", "message", "looking"})


def encode(document: Document) -> str:
    return msgspec.json.encode(document).decode()


def kind_of(change: Change) -> str:
    for kind in BODIES:
        if kind in change:
            return kind
    raise ValueError(f"a change without a body: {sorted(change)}")


@dataclass(frozen=True)
class Tab:
    """One browser tab: whose it is and what it may see."""

    user_id: int
    agent_id: int | None
    all_calls: bool
    id: str
    page: str
    supervises: bool = False


def concerns(tab: Tab, change: Change, kind: str) -> bool:
    """Whether this viewer may and should see the change; `kind` is what it is about."""
    if kind in FOR_EVERYBODY:
        return True
    if kind in {"call", "call_gone", "repairs"} and tab.all_calls:
        return True
    if kind in FOR_MANAGERS:
        return tab.supervises
    if kind == "room":
        return tab.page == "room"
    to = change.get("to")
    if to is None:
        return kind == "notice"
    return tab.agent_id is not None and tab.agent_id in to


def owns_phone(tab: Tab, me: Document) -> bool:
    return tab.page == "desktop" and bool(tab.id) and me.get("tab") == tab.id


def tailored(tab: Tab, me: Document | None) -> Document | None:
    """`me` as this tab may have it: the phone's secret goes only to the tab that owns the phone."""
    if me is None or owns_phone(tab, me):
        return me
    return me | {"sip": None}


class Outbox:
    """What waits to be sent to one browser. Changes are bounded: too many, and it gets a snapshot instead."""

    def __init__(self, limit: int = OUTBOX_LENGTH) -> None:
        self._replies: deque[str] = deque()
        self._changes: deque[str] = deque()
        self._limit = limit
        self._ready = asyncio.Event()
        self.overflowed = False

    @property
    def caught_up(self) -> bool:
        return not self._changes and not self.overflowed

    def reply(self, message: str) -> None:
        self._replies.append(message)
        self._ready.set()

    def change(self, message: str) -> None:
        if self.overflowed:
            return
        if len(self._changes) >= self._limit:
            self.overflow()
            return
        self._changes.append(message)
        self._ready.set()

    def overflow(self) -> None:
        """Forget the changes: a snapshot is due."""
        self._changes.clear()
        self.overflowed = True
        self._ready.set()

    def restart(self) -> None:
        """Called when a snapshot has been put in the place of what was lost."""
        self._changes.clear()
        self.overflowed = False

    async def wait(self) -> None:
        """Until there is something to take or a snapshot is due."""
        while not (self._replies or self._changes or self.overflowed):
            self._ready.clear()
            await self._ready.wait()

    def take(self) -> str | None:
        """The next frame, changes first: a reply never overtakes what led to it. Several changes go as one array."""
        if len(self._changes) > 1:
            frame = f"[{','.join(self._changes)}]"
            self._changes.clear()
            return frame
        if self._changes:
            return self._changes.popleft()
        return self._replies.popleft() if self._replies else None


@dataclass(eq=False)
class Listener:
    """A browser that has said hello; `close(code, reason)` ends its connection."""

    tab: Tab
    outbox: Outbox
    close: Callable[[int, str], None]


class Feed:
    """Hands changes to listeners, each encoded once, and keeps the recent ones for those who come back."""

    def __init__(self, subscription: Subscription[Change], *, ring: int = RING_LENGTH) -> None:
        self.run_id = db.new_id()
        """Sequence numbers of another run of the program mean nothing here."""
        self.seq = 0
        self._floor = 0
        self._subscription = subscription
        self._ring: deque[Change] = deque(maxlen=ring)
        self._listeners: set[Listener] = set()

    async def run(self) -> None:
        """Until cancelled. Changes that came faster than they could be taken cost everybody a snapshot."""
        while True:
            self._pass_on(await self._subscription.get())
            if self._subscription.overflowed.is_set():
                self._start_anew()

    def pump(self) -> None:
        """Pass on all that has been published so far, so that a snapshot taken now continues at `seq`."""
        for change in self._subscription.drain():
            self._pass_on(change)

    def add(self, listener: Listener) -> None:
        self._listeners.add(listener)

    def remove(self, listener: Listener) -> None:
        self._listeners.discard(listener)

    def listeners(self, matches: Callable[[Tab], bool]) -> list[Listener]:
        return [listener for listener in self._listeners if matches(listener.tab)]

    def since(self, tab: Tab, seq: int) -> list[str] | None:
        """Messages this viewer missed after `seq`, or None when the ring does not reach back that far."""
        if seq < self._floor or seq > self.seq:
            return None
        missed = (change for change in self._ring if change["seq"] > seq)
        return [self._message(tab, change) for change in missed if concerns(tab, change, kind_of(change))]

    def _start_anew(self) -> None:
        self.pump()
        self._subscription.overflowed.clear()
        self._ring.clear()
        self.run_id = db.new_id()
        self._refresh_all()

    def _refresh_all(self) -> None:
        """Everybody needs a new snapshot."""
        self._floor = self.seq
        for listener in self._listeners:
            listener.outbox.overflow()

    def _pass_on(self, change: Change) -> None:
        if len(self._ring) == self._ring.maxlen:
            self._floor = self._ring[0]["seq"]
        elif not self._ring and not self.seq:
            self._floor = change["seq"] - 1
        self._ring.append(change)
        self.seq = change["seq"]
        if "configuration" in change and "pbx" not in change:
            self._refresh_all()
            return
        kind, shared = kind_of(change), ""
        for listener in self._listeners:
            if not concerns(listener.tab, change, kind):
                continue
            if kind == "me":
                listener.outbox.change(self._message(listener.tab, change))
                continue
            shared = shared or self._message(listener.tab, change)
            listener.outbox.change(shared)

    @staticmethod
    def _message(tab: Tab, change: Change) -> str:
        body = {key: value for key, value in change.items() if key not in {"seq", "to"}}
        if "me" in body:
            body["me"] = tailored(tab, body["me"])
        return encode({"change": body, "seq": change["seq"], "now": clock.now_ms()})
