"""Waiting, and what distribution wants done: ringing agents, announcing, giving up."""

import logging

from appliance import clock
from appliance.callcenter.acd import events as ev
from appliance.callcenter.acd.model import CAUSE_NO_ANSWER, CAUSE_PHONE, CAUSE_REJECTED
from appliance.callcenter.callbacks.model import Mode
from appliance.callcenter.calls.model import Call, Direction, Leg, Outcome, Phase, Purpose, Segment
from appliance.callcenter.control import music, talks
from appliance.callcenter.control.directory import QueueEntry
from appliance.callcenter.control.endpoints import agent_line
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import finish, hang_up_leg, new_leg, set_phase
from appliance.callcenter.control.ringing import customer_id, ring
from appliance.callcenter.control.speech import say, stop_saying
from appliance.callcenter.prompts.catalogue import queue_position

log = logging.getLogger(__name__)

VIP_PRIORITY = 100
CAUSES = {
    0: CAUSE_NO_ANSWER,
    16: CAUSE_NO_ANSWER,
    17: CAUSE_REJECTED,
    18: CAUSE_NO_ANSWER,
    19: CAUSE_NO_ANSWER,
    21: CAUSE_REJECTED,
}
"""Q.850 causes of a leg that rang and ended; with any other the phone was not reachable."""


def enter(floor: Floor, call: Call, queue: QueueEntry, priority: int) -> None:
    """Put the caller into `queue`; music until an agent answers."""
    if call.customer is None:
        return
    now = clock.now_ms()
    stop_saying(floor, call)
    if not call.queued_at:
        call.queued_at = now
    call.queue = queue.id
    call.priority = priority + (VIP_PRIORITY if call.vip else 0)
    floor.caller_entered(call)
    set_phase(floor, call, Phase.WAITING, Segment("wait", now, queue=queue.id))
    music.start(floor, call, call.customer)
    floor.distribute(ev.CallQueued(now, call.id, queue.id, call.priority, call.queued_at))


def carry_out(floor: Floor, effect: ev.Effect) -> None:
    """Do what distribution wants."""
    call = floor.calls.get(effect.call)
    if call is None:
        return
    match effect:
        case ev.Ring(agent=agent, seconds=seconds):
            ring_agent(floor, call, agent, seconds)
        case ev.StopRinging(agent=agent):
            _take_back(floor, call, agent)
        case ev.Announce(ahead=ahead):
            _announce(floor, call, ahead)
        case ev.Overflow(queue=queue, reason=reason):
            _overflow(floor, call, queue, reason)


def ring_agent(floor: Floor, call: Call, agent: int, seconds: int) -> None:
    """Show the call on the agent's screen, then ring her phone."""
    call.dialogue = None
    stop_saying(floor, call)
    music.start(floor, call, call.customer)
    entry = floor.directory.agents.get(agent)
    leg = new_leg(floor, call, Purpose.OFFER, entry.number if entry is not None else "", agent)
    call.partner = leg
    set_phase(floor, call, Phase.RINGING, Segment("ring", clock.now_ms(), queue=call.queue, agent=agent))
    floor.flush_calls()

    def rang() -> None:
        floor.distribute(ev.PhoneRings(clock.now_ms(), call.id, agent))

    def failed(error: Exception) -> None:
        log.info("call %s: agent %s cannot be rung: %s", call.id, agent, error)
        ring_ended(floor, call, leg, CAUSE_PHONE)

    ring(floor, call, leg, agent_line(floor, agent), seconds, customer_id(call), failed, rang)
    talks.prepare_bridge(floor, call)


def ring_cause(cause: int) -> str:
    """Why a leg that rang has ended, from the cause of its hang-up."""
    return CAUSES.get(cause, CAUSE_PHONE)


def ring_ended(floor: Floor, call: Call, leg: Leg, reason: str) -> None:
    """The agent did not take the call: it goes on waiting at its old place."""
    floor.channels.pop(leg.channel, None)
    if call.partner is not leg or leg.agent is None:
        return
    call.partner = None
    now = clock.now_ms()
    if leg.by_key and reason == CAUSE_PHONE:
        reason = CAUSE_NO_ANSWER  # the network said no: that is not a telephone of ours that is out
    call.close_segment(now, reason)
    set_phase(floor, call, Phase.WAITING, Segment("wait", now, queue=call.queue))
    floor.distribute(ev.RingFailed(now, call.id, leg.agent, reason))


def _take_back(floor: Floor, call: Call, agent: int) -> None:
    """The caller is gone while the phone rang."""
    if call.partner is not None and call.partner.agent == agent:
        hang_up_leg(floor, call, call.partner)
        call.partner = None


def offer_answered(floor: Floor, call: Call, leg: Leg) -> None:
    """The agent took the call."""
    if call.partner is not leg or leg.agent is None or call.customer is None:
        hang_up_leg(floor, call, leg)
        return
    call.close_segment(clock.now_ms(), "answered")
    floor.distribute(ev.Answered(clock.now_ms(), call.id, leg.agent))
    talks.connect(floor, call, leg)


def _announce(floor: Floor, call: Call, ahead: int) -> None:
    if call.dialogue is None:
        say(floor, call, [f"system:{queue_position(ahead).key}", *callback_offer(floor, call)])


def callback_offer(floor: Floor, call: Call) -> list[str]:
    """The words that offer a callback, where the queue has it."""
    entry = floor.directory.queues.get(call.queue or 0)
    if entry is None or entry.callback.mode is Mode.OFF or call.direction is not Direction.INBOUND:
        return []
    return ["system:callback-offer", f"system:digit-{entry.callback.key}"]


def announcement_finished(floor: Floor, call: Call) -> None:
    """Back to the music."""
    if call.phase in {Phase.WAITING, Phase.RINGING}:
        music.start(floor, call, call.customer)


def _overflow(floor: Floor, call: Call, queue: int, reason: str) -> None:
    """Tell the caller that nobody can take the call, then hang up."""
    entry = floor.directory.queues.get(queue)
    prompt = entry.overflow_prompt if entry is not None and entry.overflow_prompt else f"system:{_SPOKEN[reason]}"
    call.outcome = Outcome.OVERFLOW
    call.close_segment(clock.now_ms(), reason)
    set_phase(floor, call, Phase.FLOW, Segment("ivr", clock.now_ms()))
    if not say(floor, call, [prompt]):
        finish(floor, call, Outcome.OVERFLOW, "system")


_SPOKEN = {"nobody": "queue-unstaffed", "too_long": "queue-busy"}
