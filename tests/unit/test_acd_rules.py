"""Distribution, one rule at a time, told as stories."""

import pytest

from appliance.callcenter.acd import events as ev
from appliance.callcenter.acd import rules
from appliance.callcenter.acd.model import CAUSE_NO_ANSWER, CAUSE_PHONE, CAUSE_WRAP_UP_MISSING, AgentState
from appliance.callcenter.acd.ordering import place
from appliance.callcenter.acd.policy import DEFAULT_STEPS
from tests.acd_story import QUEUES, Story


@pytest.mark.req("ACD-1")
def test_longest_idle_agent_is_rung():
    story = Story()
    story.ready(2, 1)
    assert story.queued("a") == [ev.Ring("a", 2, 10)]
    assert story.queued("b") == [ev.Ring("b", 1, 10)]


@pytest.mark.req("ACD-3")
def test_vip_is_served_before_those_who_came_earlier():
    story = Story()
    story.queued("first")
    story.queued("vip", priority=5)
    story.ready(1)
    assert [effect.call for effect in story.effects if isinstance(effect, ev.Ring)] == ["vip"]
    assert place(story.state, "first") == 1


@pytest.mark.req("ACD-8")
def test_ring_timeout_goes_to_the_next_agent_and_twice_missed_makes_busy():
    story = Story()
    story.ready(1, 2)
    story.queued("a")
    assert story.tell(ev.RingFailed(story.now, "a", 1, "no_answer")) == [ev.Ring("a", 2, 10)]
    assert story.agent(1).state is AgentState.NOT_ANSWERING
    story.now += rules.MISS_PAUSE_MS
    story.tell(ev.Tick(story.now))
    assert story.agent(1).state is AgentState.READY
    story.queued("b")
    story.tell(ev.RingFailed(story.now, "b", 1, "no_answer"))
    assert (story.agent(1).state, story.agent(1).cause) == (AgentState.BUSY, CAUSE_NO_ANSWER)


@pytest.mark.req("ACD-8")
def test_form_not_saved_in_time_keeps_the_agent_busy_until_it_is():
    story = Story()
    story.ready(1)
    story.talk("a", 1)
    story.tell(ev.TalkEnded(story.now, 1, "a", 30))
    assert story.agent(1).state is AgentState.WRAP_UP
    story.tell(ev.BecameReady(story.now, 1))
    assert (story.agent(1).state, story.agent(1).cause) == (AgentState.BUSY, CAUSE_WRAP_UP_MISSING)
    story.tell(ev.WrapUpSaved(story.now, 1, "a"))
    assert story.agent(1).state is AgentState.READY


def test_two_forms_owed_are_both_asked_for():
    story = Story()
    story.ready(1)
    story.talk("a", 1)
    story.tell(ev.TalkEnded(story.now, 1, "a", 30))
    story.tell(ev.Engaged(story.now, 1, "dialled"))
    story.tell(ev.TalkEnded(story.now, 1, "dialled", 30))
    story.tell(ev.WrapUpSaved(story.now, 1, "dialled"))
    assert story.agent(1).wrap_up_call == "a"
    story.now += 60_000
    story.tell(ev.Tick(story.now))
    assert (story.agent(1).state, story.agent(1).cause) == (AgentState.BUSY, CAUSE_WRAP_UP_MISSING)
    story.tell(ev.WrapUpSaved(story.now, 1, "a"))
    assert story.agent(1).state is AgentState.READY


def test_agent_who_loses_her_phone_while_ringing_is_busy_until_it_is_back():
    story = Story()
    story.ready(1)
    story.queued("a")
    story.tell(ev.RingFailed(story.now, "a", 1, "phone"))
    assert (story.agent(1).state, story.agent(1).cause) == (AgentState.BUSY, CAUSE_PHONE)
    assert story.tell(ev.PhoneChanged(story.now, 1, online=True)) == [ev.Ring("a", 1, 10)]


def test_agent_without_a_telephone_is_never_ready():
    story = Story()
    story.ready(1)
    story.tell(ev.SignedIn(story.now, 1, "web", phone_online=False))
    assert (story.agent(1).state, story.agent(1).cause) == (AgentState.BUSY, CAUSE_PHONE)


def test_call_of_a_signed_out_agent_does_not_sign_her_in():
    story = Story()
    story.tell(ev.Engaged(story.now, 1, "x"))
    story.tell(ev.TalkEnded(story.now, 1, "x", 0))
    assert story.agent(1).state is AgentState.SIGNED_OUT


def test_end_of_talk_told_while_it_rings_does_not_lose_the_caller():
    story = Story()
    story.ready(1)
    story.queued("a")
    story.tell(ev.TalkEnded(story.now, 1, "a", 30))
    assert story.state.offers == {"a": (1,)}
    assert story.agent(1).state is AgentState.RESERVED


def test_caller_for_a_queue_that_does_not_exist_overflows_at_once():
    story = Story()
    assert story.queued("a", queue=77) == [ev.Overflow("a", 77)]
    assert rules.next_deadline(story.state, story.now) is None


def test_caller_for_a_queue_without_agents_overflows_at_the_next_tick():
    story = Story()
    story.queued("a")
    due = rules.next_deadline(story.state, story.now)
    assert due is not None
    assert due <= story.now
    assert story.tell(ev.Tick(story.now)) == [ev.StepDue("a", 1, 0, DEFAULT_STEPS[0])]
    assert not story.state.waiting


def test_agent_taken_out_of_her_queues_in_a_talk_gets_no_further_call():
    story = Story()
    story.ready(1)
    story.talk("a", 1)
    story.tell(ev.Configured(story.now, QUEUES, {2: frozenset({1})}))
    story.queued("b")
    assert story.tell(ev.TalkEnded(story.now, 1, "a", 0)) == []
    assert "b" in story.state.waiting


def test_call_taken_directly_stops_ringing_elsewhere():
    story = Story()
    story.ready(1)
    story.queued("a")
    story.tell(ev.SignedIn(story.now, 2, "sip", phone_online=True))
    assert story.tell(ev.Engaged(story.now, 2, "a")) == [ev.StopRinging("a", 1)]
    assert story.agent(1).state is AgentState.READY
    assert story.agent(2).call == "a"
    assert not story.state.waiting


@pytest.mark.req("ACD-4")
def test_position_is_told_first_at_once_and_then_at_its_interval():
    story = Story()
    story.tell(ev.SignedIn(story.now, 1, "sip", phone_online=True))
    story.queued("a")
    story.queued("b")
    assert story.tell(ev.Tick(story.now)) == [ev.Announce("a", 0), ev.Announce("b", 1)]
    due = rules.next_deadline(story.state, story.now)
    assert due is not None
    assert due - story.now == 29_000


def test_agent_busy_before_a_dialled_call_is_busy_again_after_it():
    story = Story()
    story.ready(1)
    story.tell(ev.BecameBusy(story.now, 1, "meal"))
    story.tell(ev.Engaged(story.now, 1, "out"))
    story.tell(ev.TalkEnded(story.now, 1, "out", 0))
    assert (story.agent(1).state, story.agent(1).cause) == (AgentState.BUSY, "meal")
