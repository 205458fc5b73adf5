"""Walking a flow as a pure function: `step(flow, run, event, context) -> (run, effects)`."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from appliance.callcenter.ivr.model import (
    INVALID,
    NO_INPUT,
    Collect,
    Condition,
    Flow,
    FlowRun,
    HangUp,
    Menu,
    Play,
    Queue,
)
from appliance.clock import Millis

OPERATOR_KEY = "0"
REPEAT_KEY = "*"
DIGITS = frozenset("0123456789")
MAX_PATH = 200
"""Steps remembered; a caller who wanders longer loses the oldest."""

MAX_HOPS = 50
"""Nodes walked without waiting for anything; more means a loop of conditions."""


@dataclass(frozen=True, slots=True)
class Context:
    """What conditions look at. `local` carries the hospital's time zone."""

    local: datetime
    vip: bool = False


@dataclass(frozen=True, slots=True)
class Started:
    at: Millis


@dataclass(frozen=True, slots=True)
class Digit:
    at: Millis
    digit: str


@dataclass(frozen=True, slots=True)
class PlayFinished:
    at: Millis


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    at: Millis


type Event = Started | Digit | PlayFinished | DeadlinePassed


@dataclass(frozen=True, slots=True)
class Say:
    """Play these prompts one after another, then report PlayFinished."""

    prompts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StopSaying:
    pass


@dataclass(frozen=True, slots=True)
class EnterQueue:
    queue: str
    priority: int
    skills: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class End:
    """Hang up."""


type Effect = Say | StopSaying | EnterQueue | End

type Step = tuple[FlowRun, list[Effect]]


def begin(flow: Flow, at: Millis, context: Context) -> Step:
    return step(flow, FlowRun(flow.start), Started(at), context)


def step(flow: Flow, run: FlowRun, event: Event, context: Context) -> Step:
    """The next position after `event`. A finished run never changes; `run.deadline` says when to call again."""
    if run.finished:
        return run, []
    match event:
        case Started():
            return _Walk(flow, context, event.at).enter(run, run.node)
        case Digit():
            return _digit(_Walk(flow, context, event.at), run, event.digit)
        case PlayFinished():
            return _play_finished(_Walk(flow, context, event.at), run)
        case DeadlinePassed():
            return _deadline(_Walk(flow, context, event.at), run)


def _changed(run: FlowRun, **changes: object) -> FlowRun:
    changed = msgspec.structs.replace(run, **changes)
    return changed if len(changed.path) <= MAX_PATH else msgspec.structs.replace(changed, path=changed.path[-MAX_PATH:])


class _Walk:
    """One step through the graph: the effects gathered on the way."""

    def __init__(self, flow: Flow, context: Context, at: Millis) -> None:
        self.flow = flow
        self.context = context
        self.at = at
        self.effects: list[Effect] = []

    def enter(self, run: FlowRun, name: str, *, before: tuple[str, ...] = ()) -> Step:
        """Go to `name`, through conditions, until a node that waits for something. `before` is said first."""
        for _ in range(MAX_HOPS):
            node = self.flow.nodes[name]
            if not isinstance(node, Condition):
                return self._arrive(run, name, before)
            holds = _holds(node, self.context)
            run = _changed(run, path=(*run.path, (name, node.label, "yes" if holds else "no")))
            name = node.yes if holds else node.no
        return self.end(run)

    def _arrive(self, run: FlowRun, name: str, before: tuple[str, ...]) -> Step:
        node = self.flow.nodes[name]
        tries = run.tries if run.node == name else 0
        run = _changed(run, node=name, tries=tries, digits="", deadline=None, playing=False)
        if isinstance(node, Queue):
            self.effects.append(EnterQueue(node.queue, node.priority, tuple(node.skills.items())))
            return _changed(run, finished=True, path=(*run.path, (name, node.label, ""))), self.effects
        said = (*before, *node.prompts) if isinstance(node, (Play, Menu, Collect, HangUp)) else before
        if not said:
            return _play_finished(self, _changed(run, playing=True))
        self.effects.append(Say(said))
        return _changed(run, playing=True), self.effects

    def leave(self, run: FlowRun, key: str, target: str) -> Step:
        node = self.flow.nodes[run.node]
        if run.playing:
            self.effects.append(StopSaying())
        return self.enter(_changed(run, path=(*run.path, (run.node, node.label, key))), target)

    def end(self, run: FlowRun) -> Step:
        self.effects.append(End())
        return _changed(run, finished=True, deadline=None, playing=False), self.effects

    def again(self, run: FlowRun, reason: str, prompt: str, fallback: str, tries: int) -> Step:
        """A wrong or missing key: say so and ask again, or give up after `tries`."""
        if run.playing:
            self.effects.append(StopSaying())
        if run.tries + 1 < tries:
            return self.enter(_changed(run, tries=run.tries + 1), run.node, before=(prompt,))
        target = fallback or self.flow.operator
        node = self.flow.nodes[run.node]
        run = _changed(run, path=(*run.path, (run.node, node.label, reason)), playing=False)
        return self.enter(run, target) if target and target != run.node else self.end(run)


def _holds(node: Condition, context: Context) -> bool:
    if node.vip and context.vip:
        return True
    day, time = context.local.isoweekday(), context.local.strftime("%H:%M")
    return any(day in hours.days and hours.start <= time < hours.end for hours in node.hours)


def _digit(walk: _Walk, run: FlowRun, digit: str) -> Step:
    node = walk.flow.nodes[run.node]
    if isinstance(node, Collect):
        return _collect_digit(walk, run, node, digit)
    if isinstance(node, Menu) and digit in node.choices:
        return walk.leave(run, digit, node.choices[digit])
    if digit == OPERATOR_KEY and walk.flow.operator and not isinstance(node, HangUp):
        return walk.leave(run, digit, walk.flow.operator)
    if isinstance(node, Play):
        return _typed_ahead(walk, run, digit)
    return _no_choice(walk, run, node, digit) if isinstance(node, Menu) else (run, [])


def _no_choice(walk: _Walk, run: FlowRun, node: Menu, digit: str) -> Step:
    if digit == REPEAT_KEY:
        if run.playing:
            walk.effects.append(StopSaying())
        return walk.enter(run, run.node)
    return walk.again(run, INVALID, node.invalid_prompt, node.fallback, node.tries)


def _typed_ahead(walk: _Walk, run: FlowRun, digit: str) -> Step:
    """A key during an announcement counts at the question behind it. If it means nothing there, all is heard out."""
    ahead = run
    for _ in range(MAX_HOPS):
        node = walk.flow.nodes[ahead.node]
        if not isinstance(node, Play):
            break
        ahead, _ = _Walk(walk.flow, walk.context, walk.at).leave(ahead, "", node.next)
    asks = walk.flow.nodes[ahead.node]
    meant = (isinstance(asks, Menu) and digit in asks.choices) or (isinstance(asks, Collect) and digit in DIGITS)
    if not meant or ahead.finished:
        return run, []
    walk.effects.append(StopSaying())
    return _digit(walk, _changed(ahead, playing=False), digit)


def _collect_digit(walk: _Walk, run: FlowRun, node: Collect, digit: str) -> Step:
    if run.playing:
        walk.effects.append(StopSaying())
    run = _changed(run, playing=False, deadline=walk.at + node.timeout_seconds * 1000)
    if digit == REPEAT_KEY:
        return walk.enter(run, run.node)
    if digit in DIGITS:
        run = _changed(run, digits=run.digits + digit)
        if len(run.digits) < node.max_digits:
            return run, walk.effects
    elif digit != "#":
        return run, walk.effects
    return _collected(walk, run, node)


def _collected(walk: _Walk, run: FlowRun, node: Collect) -> Step:
    if len(run.digits) < node.min_digits:
        return walk.again(run, INVALID, node.invalid_prompt, node.fallback, node.tries)
    run = _changed(run, variables={**run.variables, node.variable: run.digits})
    return walk.leave(run, "*" * len(run.digits), node.next)


def _play_finished(walk: _Walk, run: FlowRun) -> Step:
    if not run.playing:
        return run, walk.effects
    node = walk.flow.nodes[run.node]
    match node:
        case Play():
            return walk.leave(_changed(run, playing=False), "", node.next)
        case HangUp():
            path = (*run.path, (run.node, node.label, ""))
            return walk.end(_changed(run, path=path))
        case Menu() | Collect():
            deadline = walk.at + node.timeout_seconds * 1000
            return _changed(run, playing=False, deadline=deadline), walk.effects
        case _:
            return run, walk.effects


def _deadline(walk: _Walk, run: FlowRun) -> Step:
    if run.deadline is None or walk.at < run.deadline:
        return run, []
    node = walk.flow.nodes[run.node]
    if isinstance(node, Menu):
        return walk.again(run, NO_INPUT, node.timeout_prompt, node.fallback, node.tries)
    if isinstance(node, Collect):
        if run.digits:
            return _collected(walk, run, node)
        return walk.again(run, NO_INPUT, node.invalid_prompt, node.fallback, node.tries)
    return run, []
