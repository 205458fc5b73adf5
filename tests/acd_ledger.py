"""Book-keeping of distribution beside its rules: what really happened, and whether the rules' picture is that."""

from dataclasses import dataclass, field

from appliance.callcenter.acd import events as ev
from appliance.callcenter.acd.model import (
    OCCUPIED,
    ON_CALL,
    RING_ALL_MOST,
    AcdState,
    AgentState,
    QueueRules,
    Strategy,
)


@dataclass
class Ledger:
    """What really happened, kept by simple book-keeping on the events and effects alone."""

    inside: dict[str, ev.CallQueued] = field(default_factory=dict)
    ringing: dict[str, set[int]] = field(default_factory=dict)
    talking: dict[int, str] = field(default_factory=dict)
    owed: dict[int, set[str]] = field(default_factory=dict)
    ended: list[tuple[str, str]] = field(default_factory=list)

    steps: dict[str, list[int]] = field(default_factory=dict)

    def leave(self, call: str, how: str) -> None:
        del self.inside[call]
        self.steps.pop(call, None)
        self.ended.append((call, how))

    def stop(self, call: str, agent: int) -> None:
        """This telephone rings no longer."""
        self.ringing[call].remove(agent)
        if not self.ringing[call]:
            del self.ringing[call]

    def rings_at(self, agent: int) -> str:
        """The call that rings there, or nothing."""
        return next((call for call, agents in self.ringing.items() if agent in agents), "")

    def before(self, state: AcdState, event: ev.Event) -> None:
        """What the event means by itself. Events about calls that are not so are stale and mean nothing."""
        match event:
            case ev.CallQueued(call=call) if call not in self.inside:
                self.inside[call] = event
            case ev.CallLeft(call=call) if call in self.inside:
                self.leave(call, "left")
            case ev.Answered(call=call, agent=agent) if agent in self.ringing.get(call, ()):
                self.stop(call, agent)
                self.leave(call, "answered")
                self.talking[agent] = call
            case ev.RingFailed(call=call, agent=agent) if agent in self.ringing.get(call, ()):
                self.stop(call, agent)
            case ev.Engaged(agent=agent, call=call) if self.may_engage(state, agent, call):
                self.engage(agent, call)
            case ev.TalkEnded(agent=agent, call=call) if self.talking.get(agent) == call:
                del self.talking[agent]
                if event.wrap_up_seconds:
                    self.owed.setdefault(agent, set()).add(call)
            case ev.WrapUpSaved(agent=agent, call=call):
                self.owed.get(agent, set()).discard(call)

    def may_engage(self, state: AcdState, agent: int, call: str) -> bool:
        known = state.agents.get(agent)
        elsewhere = self.rings_at(agent) not in {"", call}
        return (
            known is not None
            and known.state is not AgentState.SIGNED_OUT
            and agent not in self.talking
            and not elsewhere
        )

    def engage(self, agent: int, call: str) -> None:
        if call in self.inside:
            self.leave(call, "taken")
        if agent in self.ringing.get(call, ()):
            self.stop(call, agent)
        self.talking[agent] = call

    def after(self, effects: list[ev.Effect], queues: dict[int, QueueRules]) -> None:
        for effect in effects:
            match effect:
                case ev.Ring(call, agent, seconds):
                    self.ring(call, agent, queues)
                    assert seconds > 0
                case ev.StopRinging(call, agent):
                    self.stop(call, agent)
                case ev.Overflow(call, queue):
                    assert self.inside[call].queue == queue
                    self.leave(call, "overflow")
                case ev.StepDue(call, queue, index, step):
                    assert self.inside[call].queue == queue
                    assert call not in self.ringing, "sent on while a telephone rings"
                    assert queues[queue].steps[index] == step
                    assert index not in self.steps.get(call, []), "the same step twice"
                    self.steps.setdefault(call, []).append(index)
                    if step.do.leaves:
                        self.leave(call, "step")
                case ev.Announce(call, ahead):
                    assert call in self.inside
                    assert ahead >= 0

    def ring(self, call: str, agent: int, queues: dict[int, QueueRules]) -> None:
        assert call in self.inside
        assert not self.rings_at(agent), "an agent offered two calls"
        assert agent not in self.talking, "an agent rung while she talks"
        rung = self.ringing.setdefault(call, set())
        rung.add(agent)
        most = RING_ALL_MOST if queues[self.inside[call].queue].strategy is Strategy.RING_ALL else 1
        assert len(rung) <= most, "a call offered to more agents than the strategy says"


def check_agrees(state: AcdState, ledger: Ledger) -> None:
    """The rules' picture is the true one."""
    assert set(state.waiting) == set(ledger.inside), "somebody is lost or doubled"
    assert {call: set(agents) for call, agents in state.offers.items()} == ledger.ringing
    by_agent = {agent: call for call, agents in ledger.ringing.items() for agent in agents}
    for agent in state.agents.values():
        if agent.state in ON_CALL:
            assert ledger.talking.get(agent.id) == agent.call
        elif agent.state in OCCUPIED:
            assert by_agent.get(agent.id) == agent.call
        else:
            assert agent.id not in ledger.talking
            assert agent.id not in by_agent
            assert agent.call == ""
    for number in (*ledger.talking, *by_agent):
        assert number in state.agents


def check_ready_means_ready(state: AcdState, ledger: Ledger) -> None:
    for agent in state.agents.values():
        if agent.state in {AgentState.READY, AgentState.RESERVED, AgentState.RINGING}:
            assert not ledger.owed.get(agent.id), "ready with a form still owed"
        if agent.state is AgentState.READY:
            assert agent.phone_online, "ready without a telephone"
        if agent.state in {AgentState.WRAP_UP, AgentState.NOT_ANSWERING}:
            assert agent.until is not None
        if agent.state is AgentState.BUSY:
            assert agent.cause
