"""The floor: everything call control knows right now, and the few ways it may be changed."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance import clock
from appliance.callcenter.acd import rules
from appliance.callcenter.acd.estimate import Estimates
from appliance.callcenter.acd.events import Effect, Event, Tick
from appliance.callcenter.acd.model import AcdState, Agent
from appliance.callcenter.call_limits.history import OutsideCalls
from appliance.callcenter.callbacks.book import Book
from appliance.callcenter.calls.model import Call, CutTalk, Leg
from appliance.callcenter.control.commands import Command, Commands, Failed
from appliance.callcenter.control.directory import Directory
from appliance.callcenter.control.mending.repairs import Repairs
from appliance.callcenter.control.phone_key import PhoneKey
from appliance.callcenter.control.showing.pages import Pages
from appliance.callcenter.control.sounds import Sounds
from appliance.callcenter.ivr.model import Flow
from appliance.callcenter.live.journal import LiveJournal, Write
from appliance.callcenter.reasons.rules import DayUse
from appliance.callcenter.rooms.model import Rooms
from appliance.callcenter.supervision.model import Office
from appliance.events import Publisher
from appliance.pbx.ari import AriClient
from appliance.pbx.console import Console
from appliance.pbx.recorder import Recorder

log = logging.getLogger(__name__)

type Change = dict[str, Any]
type AgentChanged = Callable[[Agent, Agent], None]


PRESENCE_SECONDS = 0.15
"""How much later others see an agent's new state; most calls change it several times within that."""


class View:
    """What is told when something changed; `control.view` fills it in."""

    def of_calls(self, _floor: Floor, _calls: set[str], _agents: set[int]) -> list[Change]:
        """For those whom these calls and agents concern, at once."""
        return []

    def of_floor(self, _floor: Floor, _agents: set[int], _queues: set[int]) -> list[Change]:
        """For everybody."""
        return []


@dataclass
class Counters:
    """What happened in a queue, or to an agent, since midnight."""

    answered: int = 0
    abandoned: int = 0
    in_level: int = 0
    talk_ms: int = 0


@dataclass
class Floor:
    """Shared by the modules of call control. `acd` changes only through `distribute`."""

    ari: AriClient
    recorder: Recorder
    console: Console
    journal: LiveJournal
    sounds: Sounds
    phone_key: PhoneKey
    node: str = "hcc"
    refusing: Path = Path("/run/hcc/refuse-calls")
    """While it is there, no new calls are taken (see `draining`)."""
    mark: Path | None = None
    """In a pair: it is there as long as this box is to be the active one."""
    directory: Directory = field(default_factory=Directory)
    acd: AcdState = field(default_factory=AcdState)
    calls: dict[str, Call] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)
    """Channel id → call id."""
    playbacks: dict[str, str] = field(default_factory=dict)
    """Call id → the playback whose end matters."""
    reachable: dict[str, bool] = field(default_factory=dict)
    """Endpoint → what Asterisk told of it last, since it was watched."""
    flows_in_use: dict[str, Flow] = field(default_factory=dict)
    """Call id → the flow version it walks, untouched by what is published meanwhile."""
    estimates: Estimates = field(default_factory=Estimates)
    seen_at: clock.Millis = 0
    """When Asterisk was heard of last, before it went away; see `carrying.presence`."""
    cut_off: dict[str, clock.Millis] = field(default_factory=dict)
    """Numbers whose calls we lost, and when; see `standing`."""
    from_other_box: frozenset[str] = frozenset()
    """Calls that another box had when this one took over."""
    cut_talks: dict[int, CutTalk] = field(default_factory=dict)
    """Agent → the talk that we cut off under her; see `cut_talks`."""
    queue_counts: dict[int, Counters] = field(default_factory=dict)
    agent_counts: dict[int, Counters] = field(default_factory=dict)
    outside: OutsideCalls = field(default_factory=OutsideCalls)
    """Outside calls of the last day, for their limits."""
    pauses: DayUse = field(default_factory=DayUse)
    """How long agents paused today."""
    rooms: Rooms = field(default_factory=Rooms)
    left_room: Callable[[Call], None] = field(default=lambda _call: None)
    """Set by `room_desk.wire`, like the next two: a call is over, perhaps with a part in a room."""
    room_key: Callable[[Call, str], None] = field(default=lambda _call, _key: None)
    room_recording: Callable[[str], None] = field(default=lambda _number: None)
    commands: Commands = field(default_factory=Commands)
    changes: Publisher[Change] = field(default_factory=Publisher)
    carry_out: Callable[[Effect], None] = field(default=lambda _effect: None)
    """Set by `queueing`: does what distribution wants."""
    agent_changed: AgentChanged = field(default=lambda _old, _new: None)
    callbacks: Book = field(default_factory=Book)
    caller_entered: Callable[[Call], None] = field(default=lambda _call: None)
    """Set by call control: a caller has come into a queue (and may be owed a callback there)."""
    offer_callback: Callable[[Call], None] = field(default=lambda _call: None)
    """Set by call control: ask a caller who waits whether she wants to be called back."""
    closing: Callable[[Call, clock.Millis], list[Write]] = field(default=lambda _call, _at: [])
    """Set by call control: what else is stored in the transaction that stores a finished call."""
    look_up: Callable[[Call], None] = field(default=lambda _call: None)
    """Set by call control: find out which patient is at the outside end."""
    view: View = field(default_factory=View)
    """Set by call control: documents for what changed."""
    tabs: dict[int, str] = field(default_factory=dict)
    """Agent id → the browser tab that owns her desk and phone."""
    pages: Pages = field(default_factory=Pages)
    repairs: Repairs = field(default_factory=Repairs)
    when_over: dict[str, Callable[[], None]] = field(default_factory=dict)
    """Call id → what is to be done as soon as it has ended."""
    shown: dict[str, frozenset[int]] = field(default_factory=dict)
    """Call id → agents whose screens show it."""
    office: Office = field(default_factory=Office)
    """What shift managers do."""
    calls_changed: Callable[[set[str]], None] = field(default=lambda _calls: None)
    """Set by call control: what follows from calls that changed, before the screens are told."""
    pbx_up: bool = False
    seq: int = 0
    _dirty_calls: set[str] = field(default_factory=set)
    _dirty_agents: set[int] = field(default_factory=set)
    _dirty_queues: set[int] = field(default_factory=set)
    _timers: dict[tuple[str, str], asyncio.TimerHandle] = field(default_factory=dict)
    _flush_due: bool = False
    _presence: set[int] = field(default_factory=set)
    _presence_due: bool = False

    # -- state ---------------------------------------------------------------------------------

    def distribute(self, event: Event) -> None:
        """Let distribution see `event`, keep the new state, and carry out what it wants."""
        before = self.acd
        self.acd, effects = rules.step(before, event)
        if self.acd.agents is not before.agents:
            for key, agent in self.acd.agents.items():
                old = before.agents.get(key, Agent(key))
                if agent is not old:
                    self._agent_moved(old, agent)
        if self.acd.waiting is not before.waiting or self.acd.offers is not before.offers:
            for call in self.acd.waiting.keys() ^ before.waiting.keys():
                entry = self.acd.waiting.get(call) or before.waiting[call]
                self._dirty_queues.add(entry.queue)
            self._flush_soon()
        self.set_timer("acd", "", rules.next_deadline(self.acd, event.at), self._tick)
        for effect in effects:
            self.carry_out(effect)

    def _tick(self) -> None:
        self.distribute(Tick(clock.now_ms()))

    def _agent_moved(self, old: Agent, new: Agent) -> None:
        self._dirty_agents.add(new.id)
        self._dirty_queues.update(new.queues)
        if new.call:
            self._dirty_calls.add(new.call)
        if old.call and old.call != new.call:
            self._dirty_calls.add(old.call)
        self.journal.agent(new, changed_state=(old.state, old.cause, old.call) != (new.state, new.cause, new.call))
        self.agent_changed(old, new)
        self._flush_soon()

    def touch(self, call: Call) -> None:
        """`call` changed: keep it, and tell the screens."""
        if call.id in self.calls:
            self.journal.call(call)
        self._dirty_calls.add(call.id)
        self._flush_soon()

    def touch_agent(self, agent: int) -> None:
        self._dirty_agents.add(agent)
        self._flush_soon()

    def page_heard(self, agent: int, page: object) -> None:
        """An agent's desktop is open; who sees her hears when it was gone before."""
        now = clock.now_ms()
        missed = not self.pages.online(agent, now)
        self.pages.heard(agent, page, now)
        if missed:
            self.touch_agent(agent)

    def touch_queue(self, queue: int) -> None:
        self._dirty_queues.add(queue)
        self._flush_soon()

    def index(self, call: Call, leg: Leg) -> None:
        self.channels[leg.channel] = call.id

    def call_of(self, channel: str) -> Call | None:
        return self.calls.get(self.channels.get(channel, ""))

    @property
    def hands_over(self) -> bool:
        """Whether another box is to go on with the calls."""
        return self.mark is not None and not self.mark.exists()

    def agent(self, number: int) -> Agent:
        return self.acd.agents.get(number, Agent(number))

    # -- doing ---------------------------------------------------------------------------------

    def do(self, call: Call, command: Command, failed: Failed | None = None) -> None:
        """Queue something for the PBX behind everything queued for this call before."""
        self.commands.add(call.id, command, failed)

    def send(self, call: Call, request: Command, failed: Failed | None = None) -> None:
        """Like `do`, for one request to the PBX on whose answer nothing else depends: others are sent behind it."""
        self.commands.send(call.id, request, failed)

    def set_timer(self, kind: str, key: str, at: clock.Millis | None, action: Callable[[], None]) -> None:
        """Have `action` called at `at` (None = never); replaces the timer of that kind and key."""
        self.stop_timer(kind, key)
        if at is None:
            return
        delay = max(0.0, (at - clock.now_ms()) / 1000)

        def fire() -> None:
            self._timers.pop((kind, key), None)
            action()

        self._timers[kind, key] = asyncio.get_running_loop().call_later(delay, fire)

    def stop_timer(self, kind: str, key: str) -> None:
        """The timer of that kind and key, if there is one, does not fire any more."""
        handle = self._timers.pop((kind, key), None)
        if handle is not None:
            handle.cancel()

    def drop_timers(self) -> None:
        for handle in self._timers.values():
            handle.cancel()
        self._timers.clear()

    # -- telling -------------------------------------------------------------------------------

    def publish(self, body: Change, to: list[int] | None = None) -> None:
        self.seq += 1
        self.changes.publish({**body, "seq": self.seq, "to": to})

    def _flush_soon(self) -> None:
        if not self._flush_due:
            self._flush_due = True
            asyncio.get_running_loop().call_soon(self.flush_calls)

    def flush_calls(self) -> None:
        """At once: calls, and the agents they concern. What everybody sees of others may follow a little later."""
        self._flush_due = False
        self.calls_changed(self._dirty_calls)
        calls, agents, self._dirty_calls = self._dirty_calls, self._dirty_agents, set()
        self._presence.update(agents)
        self._dirty_agents = set()
        self._tell(self.view.of_calls(self, calls, agents))
        if not self._presence_due and (self._presence or self._dirty_queues):
            self._presence_due = True
            asyncio.get_running_loop().call_later(PRESENCE_SECONDS, self._flush_presence)

    def _flush_presence(self) -> None:
        self._presence_due = False
        agents, queues = self._presence, self._dirty_queues
        self._presence, self._dirty_queues = set(), set()
        self._tell(self.view.of_floor(self, agents, queues))

    def flush(self) -> None:
        """Publish all that changed since the last time; several changes of one thing become one message."""
        self.flush_calls()
        self._flush_presence()

    def _tell(self, changes: list[Change]) -> None:
        for change in changes:
            self.publish(change, change.pop("to", None))
