"""What an agent wished for after the present call: a pause, or to sign out."""

import pytest

from appliance.callcenter.acd import events as ev
from appliance.callcenter.acd import rules
from appliance.callcenter.acd.model import CAUSE_SIGN_OUT, AcdState, Agent, AgentState, QueueRules


def floor() -> AcdState:
    agent = Agent(1, AgentState.READY, queues=frozenset({1}), phone_online=True)
    return AcdState(agents={1: agent}, queues={1: QueueRules(1)})


def after(state: AcdState, *events: ev.Event) -> Agent:
    for event in events:
        state, _effects = rules.step(state, event)
    return state.agents[1]


TALK = (ev.Engaged(10, 1, "c1"),)


@pytest.mark.req("AGT-1")
def test_sign_out_after_the_call_waits_for_the_form() -> None:
    wish = (*TALK, ev.BecameBusy(20, 1, CAUSE_SIGN_OUT), ev.TalkEnded(30, 1, "c1", 10))
    assert after(floor(), *wish).state is AgentState.WRAP_UP
    late = after(floor(), *wish, ev.Tick(20_000))
    assert (late.state, late.cause, late.next_cause) == (AgentState.BUSY, "wrap_up_missing", CAUSE_SIGN_OUT)
    for saved in ((ev.WrapUpSaved(40, 1, "c1"),), (ev.Tick(20_000), ev.WrapUpSaved(20_001, 1, "c1"))):
        gone = after(floor(), *wish, *saved)
        assert (gone.state, gone.cause, gone.next_cause) == (AgentState.SIGNED_OUT, "", "")


@pytest.mark.req("AGT-1")
def test_without_a_form_she_is_signed_out_at_once() -> None:
    gone = after(floor(), *TALK, ev.BecameBusy(20, 1, CAUSE_SIGN_OUT), ev.TalkEnded(30, 1, "c1", 0))
    assert gone.state is AgentState.SIGNED_OUT
    elsewhere = (ev.SignedIn(5, 1, "sip", phone_online=True, extension="8025"), *TALK)
    talking = after(floor(), *elsewhere, ev.BecameBusy(20, 1, CAUSE_SIGN_OUT))
    assert talking.extension == "8025"
    gone = after(floor(), *elsewhere, ev.BecameBusy(20, 1, CAUSE_SIGN_OUT), ev.TalkEnded(30, 1, "c1", 0))
    assert (gone.state, gone.extension) == (AgentState.SIGNED_OUT, ""), "that telephone is hers no longer"


def test_the_last_wish_counts_and_ready_takes_it_back() -> None:
    wish = (*TALK, ev.BecameBusy(20, 1, CAUSE_SIGN_OUT), ev.BecameBusy(21, 1, "meal"))
    agent = after(floor(), *wish, ev.TalkEnded(30, 1, "c1", 0))
    assert (agent.state, agent.cause) == (AgentState.BUSY, "meal")
    agent = after(floor(), *wish, ev.BecameReady(22, 1), ev.TalkEnded(30, 1, "c1", 0))
    assert agent.state is AgentState.READY
