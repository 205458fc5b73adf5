"""When something is due for a caller who waits: steps of the queue, announcements, needs that relax."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, time, timedelta, tzinfo

from appliance.callcenter.acd import events as ev
from appliance.callcenter.acd.model import AcdState, AgentState, QueueRules, Waiting
from appliance.callcenter.acd.ordering import in_order, place, places
from appliance.callcenter.acd.policy import (
    After,
    Closed,
    Length,
    Need,
    OfferCallback,
    Position,
    Unstaffed,
    When,
)
from appliance.clock import Millis

LONGEST_ANSWER_MS = 180_000
"""After so long the queue's steps go on, whatever became of the question."""

type Due = tuple[tuple[Millis, int], ...]


# -- what is known when a caller comes in ----------------------------------------------------------


def timetable(rules: QueueRules, entered_at: Millis, done: Iterable[int] = ()) -> tuple[Due, tuple[int, ...]]:
    """The steps whose time will come and when, the soonest first; and those that wait for nobody being signed in."""
    left = [(index, step.when) for index, step in enumerate(rules.steps) if index not in done]
    timed = [(at, index) for index, when in left if (at := _due_at(when, entered_at, rules.zone)) is not None]
    return tuple(sorted(timed)), tuple(index for index, when in left if isinstance(when, Unstaffed))


def admit(state: AcdState, event: ev.CallQueued) -> AcdState:
    """Put the call into its queue, which there is."""
    rules, entered_at = state.queues[event.queue], event.entered_at or event.at
    due, unstaffed = timetable(rules, entered_at, event.done) if not event.ticket else ((), ())
    waiting = Waiting(
        event.call,
        event.queue,
        event.priority,
        event.since,
        entered_at,
        needs=_all_needs(rules.needs, event.needs),
        single=event.single or event.ticket,
        ticket=event.ticket,
        due=due,
        unstaffed=unstaffed,
        preferred=event.preferred,
        preferred_until=event.preferred_until,
    )
    state = _with_waiting(state, waiting)
    fresh = not event.entered_at and not event.ticket
    at_once = _entry_steps(state, waiting, event.done) if fresh else ()
    return _with_waiting(state, replace(waiting, due=(*at_once, *due))) if at_once else state


def _all_needs(of_queue: tuple[Need, ...], of_call: tuple[Need, ...]) -> tuple[Need, ...]:
    """What the call asks for goes before what its queue asks for in the same skill."""
    named = {need.skill for need in of_call}
    return (*of_call, *(need for need in of_queue if need.skill not in named))


def asked(state: AcdState, call: str, at: Millis, *, asking: bool) -> AcdState:
    """The caller is asked something from now on, or no longer."""
    waiting = state.waiting.get(call)
    until = at + LONGEST_ANSWER_MS if asking else 0
    if waiting is None or waiting.asked_until == until:
        return state
    return _with_waiting(state, replace(waiting, asked_until=until))


def policy_changed(state: AcdState, waiting: Waiting) -> AcdState:
    """Steps of the new policy count from when the caller came in; those that look at the entrance do not apply."""
    due, unstaffed = timetable(state.queues[waiting.queue], waiting.entered_at)
    return _with_waiting(state, replace(waiting, due=due, unstaffed=unstaffed))


def _entry_steps(state: AcdState, waiting: Waiting, done: Iterable[int]) -> Due:
    """Steps that are due at once because of how many wait already; `waiting` is in the state."""
    rules = state.queues[waiting.queue]
    asked = [(index, step.when) for index, step in enumerate(rules.steps) if index not in done]
    if not any(isinstance(when, (Position, Length)) for _, when in asked):
        return ()
    position = place(state, waiting.call) + 1
    others = sum(1 for other in state.waiting.values() if other.queue == waiting.queue) - 1
    return tuple(
        (waiting.entered_at, index)
        for index, when in asked
        if (isinstance(when, Position) and position > when.more_than)
        or (isinstance(when, Length) and others > when.more_than)
    )


def _due_at(when: When, entered_at: Millis, zone: tzinfo) -> Millis | None:
    match when:
        case After(seconds):
            return entered_at + seconds * 1000
        case Closed():
            return closed_from(when, entered_at, zone)
        case _:
            return None


def closed_from(closed: Closed, at: Millis, zone: tzinfo) -> Millis | None:
    """`at` when it is closed then, else the next closing; None when no day of the week has one."""
    local = datetime.fromtimestamp(at / 1000, zone)
    for days in range(-1, 9):
        begin, end = _closing(closed, local + timedelta(days=days), zone)
        if begin.isoweekday() in closed.days and end > local:
            return max(at, round(begin.timestamp() * 1000))
    return None


def _closing(closed: Closed, day: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """The closing that begins on that day. From 12:00 to 12:00 is the whole day round."""
    begin = datetime.combine(day.date(), time.fromisoformat(closed.start), zone)
    end = datetime.combine(day.date(), time.fromisoformat(closed.end), zone)
    return begin, end if end > begin else end + timedelta(days=1)


# -- what is due next --------------------------------------------------------------------------------


def staffed_queues(state: AcdState) -> frozenset[int]:
    """Queues for which somebody is signed in."""
    there = (agent.queues for agent in state.agents.values() if agent.state is not AgentState.SIGNED_OUT)
    return frozenset().union(*there)


def waiting_deadlines(state: AcdState, at: Millis) -> Iterable[Millis]:
    """When to look at those who wait again."""
    staffed = staffed_queues(state) if any(waiting.unstaffed for waiting in state.waiting.values()) else frozenset()
    for waiting in state.waiting.values():
        if waiting.call in state.offers:
            continue
        if waiting.asked_until > at:
            yield waiting.asked_until
        else:
            yield from _due_deadlines(state, waiting, staffed)
        if waiting.preferred is not None and waiting.preferred_until > at:
            yield waiting.preferred_until
        if waiting.needs and (relaxed := _relaxes_at(waiting, at)) is not None:
            yield relaxed


def _due_deadlines(state: AcdState, waiting: Waiting, staffed: frozenset[int]) -> Iterable[Millis]:
    """Of steps and announcements."""
    if waiting.due:
        yield waiting.due[0][0]
    if waiting.unstaffed and waiting.queue not in staffed:
        yield waiting.entered_at
    if (announce := _announce_at(state, waiting)) is not None:
        yield announce


def _announce_at(state: AcdState, waiting: Waiting) -> Millis | None:
    seconds = state.queues[waiting.queue].announce_seconds
    if not seconds or waiting.ticket:
        return None
    return waiting.announced_at + seconds * 1000 if waiting.announced_at else waiting.entered_at


def _relaxes_at(waiting: Waiting, at: Millis) -> Millis | None:
    """When less is asked of agents than at `at`."""
    waited = at - waiting.entered_at
    soonest = [
        waiting.entered_at + (waited // (need.relax_seconds * 1000) + 1) * need.relax_seconds * 1000
        for need in waiting.needs
        if need.relax_seconds and need.level_after(waited) > need.lowest
    ]
    return min(soonest, default=None)


# -- time has passed -----------------------------------------------------------------------------------


def tick(state: AcdState, at: Millis, effects: list[ev.Effect]) -> AcdState:
    """Everything that is due for those who wait and for whom no telephone rings."""
    staffed = staffed_queues(state)
    due = [waiting for waiting in state.waiting.values() if _is_due(state, waiting, staffed, at)]
    told: list[str] = []
    for waiting in in_order(state, due, at):
        state, left = _take_steps(state, waiting, staffed, at, effects)
        announce = _announce_at(state, state.waiting[waiting.call]) if not left else None
        if announce is not None and announce <= at:
            told.append(waiting.call)
    return _tell_places(state, told, at, effects)


def _tell_places(state: AcdState, calls: list[str], at: Millis, effects: list[ev.Effect]) -> AcdState:
    lines = {queue: places(state, queue) for queue in {state.waiting[call].queue for call in calls}}
    waiting = dict(state.waiting)
    for call in calls:
        effects.append(ev.Announce(call, lines[waiting[call].queue][call]))
        waiting[call] = replace(waiting[call], announced_at=at)
    return replace(state, waiting=waiting) if calls else state


def _is_due(state: AcdState, waiting: Waiting, staffed: frozenset[int], at: Millis) -> bool:
    if waiting.call in state.offers or waiting.asked_until > at:
        return False
    announce = _announce_at(state, waiting)
    return (
        bool(waiting.due and waiting.due[0][0] <= at)
        or bool(waiting.unstaffed and waiting.queue not in staffed)
        or (announce is not None and announce <= at)
    )


def _take_steps(
    state: AcdState, waiting: Waiting, staffed: frozenset[int], at: Millis, effects: list[ev.Effect]
) -> tuple[AcdState, bool]:
    """Take the steps that are due, in the queue's order, up to one that leaves or asks; whether one left."""
    steps = state.queues[waiting.queue].steps
    due = {index for when, index in waiting.due if when <= at}
    due.update(waiting.unstaffed if waiting.queue not in staffed else ())
    asked_until = 0
    for index in sorted(due):
        effects.append(ev.StepDue(waiting.call, waiting.queue, index, steps[index]))
        if steps[index].do.leaves:
            others = {call: entry for call, entry in state.waiting.items() if call != waiting.call}
            return replace(state, waiting=others), True
        if isinstance(steps[index].do, OfferCallback):
            due, asked_until = {early for early in due if early <= index}, at + LONGEST_ANSWER_MS
            break
    if due:
        rest = replace(
            waiting,
            due=tuple(entry for entry in waiting.due if entry[1] not in due),
            unstaffed=tuple(index for index in waiting.unstaffed if index not in due),
            asked_until=asked_until,
            # Said right behind it, the position would cut the words of the step short.
            announced_at=at,
        )
        state = _with_waiting(state, rest)
    return state, False


def _with_waiting(state: AcdState, waiting: Waiting) -> AcdState:
    return replace(state, waiting={**state.waiting, waiting.call: waiting})
