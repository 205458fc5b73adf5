"""How long callers will probably wait: the line is played forward with the agents who are there now.

Each agent becomes free when the present call is done with, judged by how long the queue's latest calls kept an agent;
callers take the agent who is free first, the most urgent caller first. Skills are left out of it: they relax.
"""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

from appliance.callcenter.acd.model import OCCUPIED, ON_CALL, AcdState, Agent, AgentState
from appliance.callcenter.acd.ordering import in_order
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
    free = _groups(state, usual, at)
    calls: dict[str, int] = {}
    line = [waiting for waiting in state.waiting.values() if waiting.queue in usual]
    for waiting in in_order(state, line, at):
        group = min(
            (group for queues, group in free.items() if waiting.queue in queues), key=lambda one: one[0], default=None
        )
        if group is not None:
            calls[waiting.call] = max(0, group[0] - at)
            heapq.heapreplace(group, max(at, group[0]) + usual[waiting.queue])
    soonest = {
        queue: min((group[0] for queues, group in free.items() if queue in queues), default=None) for queue in usual
    }
    return Waits(calls, {queue: max(0, time - at) for queue, time in soonest.items() if time is not None})


def _handling(state: AcdState, at: Millis) -> dict[int, int]:
    """Queue → how long a call of it keeps an agent, talk and wrap-up together."""
    recent = {
        queue: [length for ended_at, length in state.handled.get(queue, ()) if at - ended_at <= RECENT_MS]
        for queue in state.queues
    }
    every = [length for lengths in recent.values() for length in lengths]
    overall = sum(every) // len(every) if every else USUAL_HANDLING_MS
    return {queue: sum(lengths) // len(lengths) if lengths else overall for queue, lengths in recent.items()}


def _groups(state: AcdState, usual: Mapping[int, int], at: Millis) -> dict[frozenset[int], list[Millis]]:
    """Agents who serve the same queues: when each becomes free, as a heap."""
    groups: dict[frozenset[int], list[Millis]] = {}
    for agent in state.agents.values():
        if agent.state in ABLE and agent.queues and agent.phone_online:
            groups.setdefault(agent.queues, []).append(_free_at(agent, usual, at))
    for group in groups.values():
        heapq.heapify(group)
    return groups


def _free_at(agent: Agent, usual: Mapping[int, int], at: Millis) -> Millis:
    if agent.state is AgentState.READY:
        return at
    if agent.state in ON_CALL:
        length = usual.get(agent.serves, USUAL_HANDLING_MS)
        # A talk that outlasts the usual goes on for a while, nobody knows how long.
        return at + max(length - (at - agent.engaged_at), length // 4)
    if agent.state in OCCUPIED:
        return at + min((usual[queue] for queue in agent.queues if queue in usual), default=USUAL_HANDLING_MS)
    return max(at, agent.until or at)
