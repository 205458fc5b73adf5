"""A small call centre to which a unit test tells events one after another, one second apart."""

from collections.abc import Mapping

from appliance.callcenter.acd import events as ev
from appliance.callcenter.acd import rules
from appliance.callcenter.acd.model import AcdState, Agent, QueueRules
from appliance.callcenter.acd.policy import DEFAULT_STEPS

QUEUES = {
    1: QueueRules(1, ring_seconds=10, announce_seconds=30, steps=DEFAULT_STEPS),
    2: QueueRules(2, ring_seconds=20, announce_seconds=0, steps=DEFAULT_STEPS),
}


class Story:
    def __init__(
        self,
        members: Mapping[int, frozenset[int]] | None = None,
        queues: Mapping[int, QueueRules] | None = None,
        skills: Mapping[int, Mapping[int, int]] | None = None,
    ) -> None:
        self.now = 1_000_000
        self.state = AcdState()
        self.effects: list[ev.Effect] = []
        members = members or {1: frozenset({1}), 2: frozenset({1})}
        self.tell(ev.Configured(self.now, queues or QUEUES, members, skills or {}))

    def tell(self, event: ev.Event) -> list[ev.Effect]:
        self.state, effects = rules.step(self.state, event)
        self.effects += effects
        self.now += 1_000
        return effects

    def ready(self, *agents: int) -> None:
        for agent in agents:
            self.tell(ev.SignedIn(self.now, agent, "sip", phone_online=True))
            self.tell(ev.BecameReady(self.now, agent))

    def queued(self, call: str, queue: int = 1, priority: int = 0) -> list[ev.Effect]:
        return self.tell(ev.CallQueued(self.now, call, queue, priority, self.now))

    def wait(self, seconds: float) -> list[ev.Effect]:
        """So much later, time is looked at."""
        self.now += round(seconds * 1000)
        return self.tell(ev.Tick(self.now))

    def talk(self, call: str, agent: int) -> None:
        self.queued(call)
        self.tell(ev.Answered(self.now, call, agent))

    def agent(self, number: int) -> Agent:
        return self.state.agents[number]
