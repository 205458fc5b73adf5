"""Who is rung for whom: the most urgent caller first, for each an agent by the strategy of the queue."""

from collections.abc import Iterator
from dataclasses import replace

from appliance.callcenter.acd import events as ev
from appliance.callcenter.acd.model import (
    COMES_BACK,
    RING_ALL_MOST,
    AcdState,
    Agent,
    AgentState,
    QueueRules,
    Strategy,
    Waiting,
)
from appliance.callcenter.acd.ordering import in_order
from appliance.clock import Millis

type Levels = tuple[tuple[int, int], ...]
"""Skills and the levels that are asked for right now."""

type Skills = tuple[int, ...]
"""Whose sum of levels makes the best agent, also when nobody is asked for them any more."""

type Rank = tuple[int, ...]


def levels_needed(waiting: Waiting, at: Millis) -> Levels:
    """What an agent must be able to do for this caller by now."""
    waited = at - waiting.entered_at
    levels = ((need.skill, need.level_after(waited)) for need in waiting.needs)
    return tuple((skill, level) for skill, level in levels if level > 0)


def is_able(state: AcdState, agent: int, levels: Levels) -> bool:
    known = state.skills.get(agent, {})
    return all(known.get(skill, 0) >= level for skill, level in levels)


def assign(state: AcdState, at: Millis, effects: list[ev.Effect]) -> AcdState:
    """Ring agents who are free for callers who wait. Costs next to nothing when there is nobody on either side."""
    wanting = [waiting for waiting in state.waiting.values() if _wants_agents(state, waiting)]
    if not wanting:
        return state
    idle = [agent for agent in state.agents.values() if agent.state is AgentState.READY]
    if not idle:
        return state
    served = frozenset().union(*(agent.queues for agent in idle))
    wanting = [waiting for waiting in wanting if waiting.queue in served or waiting.preferred is not None]
    return _Round(state, idle, at, effects).serve(wanting) if wanting else state


def _held_for(state: AcdState, waiting: Waiting, at: Millis) -> Agent | None:
    """The agent whom the call waits for; nobody when that time is over, or she is away, pausing or does not answer."""
    agent = state.agents.get(waiting.preferred) if waiting.preferred is not None else None
    if agent is None or waiting.preferred_until <= at or agent.state not in COMES_BACK or not agent.phone_online:
        return None
    return agent


def _wants_agents(state: AcdState, waiting: Waiting) -> bool:
    rung = state.offers.get(waiting.call)
    if rung is None:
        return True
    return len(rung) < _most(state.queues[waiting.queue], waiting)


def _wished(rules: QueueRules, waiting: Waiting) -> Skills:
    """What the best agent would know, though the caller would by now take anybody."""
    return tuple(need.skill for need in waiting.needs or rules.needs)


def _most(rules: QueueRules, waiting: Waiting) -> int:
    """At how many telephones at once the call may ring."""
    return RING_ALL_MOST if rules.strategy is Strategy.RING_ALL and not waiting.single else 1


class _Round:
    """One look at all who wait and all who are free."""

    def __init__(self, state: AcdState, idle: list[Agent], at: Millis, effects: list[ev.Effect]) -> None:
        self._state = state
        self._at = at
        self._effects = effects
        self._idle = {agent.id: agent for agent in idle}
        self._ranked: dict[tuple[int, Levels, Skills], list[Agent]] = {}
        self._hopeless: set[tuple[int, Levels]] = set()

    def serve(self, wanting: list[Waiting]) -> AcdState:
        for waiting in in_order(self._state, wanting, self._at):
            if not self._idle:
                break
            self._serve(waiting)
        return self._state

    def _serve(self, waiting: Waiting) -> None:
        rules, levels = self._state.queues[waiting.queue], levels_needed(waiting, self._at)
        if (held := _held_for(self._state, waiting, self._at)) is not None:
            if held.id in self._idle:
                self._ring(waiting, held, rules)
            return
        if (rules.id, levels) in self._hopeless:
            return
        rung = self._state.offers.get(waiting.call, ())
        most = _most(rules, waiting) - len(rung)
        wished = _wished(rules, waiting) if rules.strategy is Strategy.BY_SKILL else ()
        free = self._free(rules, levels, wished)
        chosen = [agent for _, agent in zip(range(most), free, strict=False)]
        if not chosen:
            self._hopeless.add((rules.id, levels))
        for agent in chosen:
            self._ring(waiting, agent, rules)

    def _free(self, rules: QueueRules, levels: Levels, wished: Skills) -> Iterator[Agent]:
        """Agents who may be rung, the best first."""
        key = (rules.id, levels, wished)
        if key not in self._ranked:
            able = (
                agent
                for agent in self._idle.values()
                if rules.id in agent.queues and (not levels or is_able(self._state, agent.id, levels))
            )
            self._ranked[key] = sorted(able, key=lambda agent: self._rank(rules, wished, agent))
        return (agent for agent in self._ranked[key] if agent.id in self._idle)

    def _rank(self, rules: QueueRules, wished: Skills, agent: Agent) -> Rank:
        match rules.strategy:
            case Strategy.ROUND_ROBIN:
                return (int(agent.id <= self._state.turns.get(rules.id, 0)), agent.id)
            case Strategy.FEWEST_CALLS:
                return (agent.calls, agent.idle_since, agent.id)
            case Strategy.BY_SKILL:
                known = self._state.skills.get(agent.id, {})
                return (-sum(known.get(skill, 0) for skill in wished), agent.idle_since, agent.id)
            case _:
                return (agent.idle_since, agent.id)

    def _ring(self, waiting: Waiting, agent: Agent, rules: QueueRules) -> None:
        del self._idle[agent.id]
        state, call = self._state, waiting.call
        reserved = replace(
            agent,
            state=AgentState.RESERVED,
            cause="",
            since=self._at,
            until=self._at + rules.ring_seconds * 1000,
            call=call,
            version=agent.version + 1,
        )
        self._state = replace(
            state,
            agents={**state.agents, agent.id: reserved},
            offers={**state.offers, call: (*state.offers.get(call, ()), agent.id)},
            turns={**state.turns, rules.id: agent.id},
        )
        self._effects.append(ev.Ring(call, agent.id, rules.ring_seconds))
