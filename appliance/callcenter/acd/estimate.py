"""How long callers will probably wait: the line is played forward with the agents who are there now.

Each agent becomes free when the present call is done with, judged by how long the queue's latest calls kept an agent;
callers take the agent who is free first, the most urgent caller first. Who needs skills takes the first who is both
free and able by then, as what is needed relaxes with waiting; that agent counts as kept for her until then.
"""

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from appliance.callcenter.acd.model import OCCUPIED, ON_CALL, AcdState, Agent, AgentState
from appliance.callcenter.acd.ordering import in_order
from appliance.callcenter.acd.policy import Need
from appliance.clock import Millis

LATEST = 20
"""Calls of a queue that are remembered."""

RECENT_MS = 3_600_000
"""Older ones do not count."""

FRESH_MS = 1_000

USUAL_HANDLING_MS = 180_000
"""While nothing is known."""

ABLE = OCCUPIED | {AgentState.READY, AgentState.WRAP_UP, AgentState.NOT_ANSWERING}
"""States out of which an agent comes back by herself."""


type Skills = Mapping[int, int]

type Free = list[Millis]
"""When each agent of a group becomes free; a heap."""


@dataclass(frozen=True, slots=True)
class Group:
    """Agents who serve the same queues and are as good at what anybody needs now."""

    queues: frozenset[int]
    skills: Skills
    free: Free


@dataclass(frozen=True, slots=True)
class Waits:
    """Milliseconds until somebody answers; a call or queue that nobody works for is missing."""

    calls: Mapping[str, int]
    queues: Mapping[int, int]
    """For somebody who would come now."""


class Estimates:
    """The latest result, kept for the same state and a second."""

    def __init__(self) -> None:
        self._state: AcdState | None = None
        self._at: Millis = 0
        self._waits = Waits({}, {})

    def of(self, state: AcdState, at: Millis) -> Waits:
        if state is not self._state or at - self._at >= FRESH_MS:
            self._state, self._at, self._waits = state, at, expected_waits(state, at)
        return self._waits

    def call_seconds(self, state: AcdState, at: Millis, call: str) -> int | None:
        """How long this caller will wait on; None where nobody works or she does not wait."""
        return _seconds(self.of(state, at).calls.get(call))

    def queue_seconds(self, state: AcdState, at: Millis, queue: int) -> int | None:
        """How long somebody who came now would wait; None while nobody works."""
        return _seconds(self.of(state, at).queues.get(queue))


def minutes_of(seconds: int | None) -> int | None:
    """What is shown of a wait: whole minutes, rounded up."""
    return None if seconds is None else -(-seconds // 60)


def _seconds(milliseconds: int | None) -> int | None:
    return None if milliseconds is None else round(milliseconds / 1000)


def expected_waits(state: AcdState, at: Millis) -> Waits:
    """For everybody who waits and every queue."""
    usual = _handling(state, at)
    line = [waiting for waiting in state.waiting.values() if waiting.queue in usual]
    groups = _groups(state, usual, at)
    calls: dict[str, int] = {}
    for waiting in in_order(state, line, at):
        best = _soonest(groups, waiting.queue, waiting.needs, waiting.entered_at)
        if best is not None:
            time, group = best
            calls[waiting.call] = max(0, time - at)
            heapq.heapreplace(group.free, max(at, time) + usual[waiting.queue])
    newcomers = {key: _soonest(groups, key, rules.needs, at) for key, rules in state.queues.items()}
    return Waits(calls, {key: max(0, best[0] - at) for key, best in newcomers.items() if best is not None})


def _soonest(
    groups: Iterable[Group], queue: int, needs: tuple[Need, ...], entered_at: Millis
) -> tuple[Millis, Group] | None:
    """When an agent will be free and able, and of which group; None when that will never be."""
    best: tuple[Millis, Group] | None = None
    for group in groups:
        able_at = _able_at(group.skills, needs, entered_at) if queue in group.queues else None
        if able_at is not None and (best is None or max(able_at, group.free[0]) < best[0]):
            best = max(able_at, group.free[0]), group
    return best


def _able_at(skills: Skills, needs: tuple[Need, ...], entered_at: Millis) -> Millis | None:
    """From when on somebody with these skills will do for a caller; None = never."""
    latest = 0
    for need in needs:
        missing = need.level - skills.get(need.skill, 0)
        if missing <= 0:
            continue
        if not need.relax_seconds or need.lowest > skills.get(need.skill, 0):
            return None
        latest = max(latest, entered_at + -(-missing // need.relax_by) * need.relax_seconds * 1000)
    return latest


def _handling(state: AcdState, at: Millis) -> dict[int, int]:
    """Queue → how long a call of it keeps an agent, talk and wrap-up together."""
    recent = {
        queue: [length for ended_at, length in state.handled.get(queue, ()) if at - ended_at <= RECENT_MS]
        for queue in state.queues
    }
    every = [length for lengths in recent.values() for length in lengths]
    overall = sum(every) // len(every) if every else USUAL_HANDLING_MS
    return {queue: sum(lengths) // len(lengths) if lengths else overall for queue, lengths in recent.items()}


def _groups(state: AcdState, usual: Mapping[int, int], at: Millis) -> list[Group]:
    """Everybody who works; as few groups as there are differences that matter."""
    needs = [*(one.needs for one in state.waiting.values()), *(one.needs for one in state.queues.values())]
    needed = {need.skill for some in needs for need in some}
    groups: dict[tuple[frozenset[int], frozenset[tuple[int, int]]], Group] = {}
    for agent in state.agents.values():
        if agent.state in ABLE and agent.queues and agent.phone_online:
            skills = state.skills.get(agent.id, {})
            known = {skill: skills[skill] for skill in needed if skill in skills}
            key = agent.queues, frozenset(known.items())
            group = groups.get(key)
            if group is None:
                group = groups[key] = Group(agent.queues, known, [])
            group.free.append(at if agent.state is AgentState.READY else _free_at(agent, usual, at))
    for group in groups.values():
        heapq.heapify(group.free)
    return list(groups.values())


def _free_at(agent: Agent, usual: Mapping[int, int], at: Millis) -> Millis:
    """When an agent who is not ready will be."""
    if agent.state in ON_CALL:
        length = usual.get(agent.serves, USUAL_HANDLING_MS)
        # A talk that outlasts the usual goes on for a while, nobody knows how long.
        return at + max(length - (at - agent.engaged_at), length // 4)
    if agent.state in OCCUPIED:
        return at + min((usual[queue] for queue in agent.queues if queue in usual), default=USUAL_HANDLING_MS)
    return max(at, agent.until or at)
