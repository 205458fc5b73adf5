"""Asking somebody in private while the customer hears music, and what may come of it.

The customer is on hold meanwhile; agent and target talk in the call's own bridge. So the recording, which follows the
customer, has nothing of the private talk, and goes on by itself when the customer is back or is passed on.
"""

import logging
from functools import partial

from appliance import clock
from appliance.callcenter.acd import events as ev
from appliance.callcenter.acd.model import CAUSE_PHONE
from appliance.callcenter.calls.model import Call, Consult, Leg, Outcome, Phase, Purpose, Segment
from appliance.callcenter.control import identity
from appliance.callcenter.control.endpoints import Line, agent_line
from appliance.callcenter.control.entering import direct
from appliance.callcenter.control.entering.targets import Target, line_to
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import (
    finish,
    hang_up_leg,
    new_leg,
    release_agent,
    set_phase,
    when_stored,
)
from appliance.callcenter.control.talking import mixing, parties, talks
from appliance.callcenter.control.waiting import music, offers, queueing
from appliance.callcenter.control.waiting.ringing import agent_id, ring

log = logging.getLogger(__name__)

RING_SECONDS = 30
QUEUE_PRIORITY = 50
"""A colleague with a customer on hold is served before callers, but after those who were sent back."""


def begin(floor: Floor, call: Call, agent: int, target: Target) -> None:
    """Put the customer on hold and ring the target. Raises NoLineError."""
    line = line_to(floor, target) if target.queue is None else None
    now = clock.now_ms()
    talks.mute(floor, call, on=False)
    talks.hold(floor, call, on=True)
    if call.partner is not None:
        mixing.move(floor, call, call.partner.channel)
    consult = Consult(agent, target.kind, target.number, now, queue=target.queue)
    call.consult = consult
    call.open_span(Segment("consult", now, queue=target.queue, agent=target.agent, party=target.number))
    if call.partner is not None:
        floor.do(call, partial(floor.ari.ring, call.partner.channel))
    if line is None:
        floor.distribute(queued(call, consult, target.queue or 0))
    else:
        if target.agent is not None:
            floor.distribute(ev.Engaged(now, target.agent, call.id))
        _ring(floor, call, consult, line, target.agent, RING_SECONDS)
    floor.touch(call)


def _ring(floor: Floor, call: Call, consult: Consult, line: Line, agent: int | None, seconds: int) -> None:
    leg = new_leg(floor, call, Purpose.CONSULT, consult.target, agent)
    consult.leg = leg
    floor.touch(call)

    def refused(error: Exception) -> None:
        log.info("call %s: %s cannot be rung: %s", call.id, line.endpoint, error)
        target_gone(floor, call, leg, 0, refused=True)

    def rang() -> None:
        if consult.queue is not None and agent is not None:
            floor.distribute(ev.PhoneRings(clock.now_ms(), call.id, agent))

    ring(floor, call, leg, line, seconds, agent_id(floor, consult.by), refused, rang)


def carry_out(floor: Floor, call: Call, consult: Consult, effect: ev.Effect) -> None:
    """What distribution wants for an agent who asks a queue."""
    match effect:
        case ev.Ring(agent=agent, seconds=seconds):
            _ring(floor, call, consult, agent_line(floor, agent), agent, seconds)
        case ev.StopRinging() if consult.leg is not None:
            hang_up_leg(floor, call, consult.leg)
            consult.leg = None
        case ev.StepDue(step=step) if step.do.leaves:
            _failed(floor, call, "too_long" if step.when.result in {"too_long", "too_many"} else "nobody")
        case ev.Overflow():
            _failed(floor, call, "nobody")


def queued(call: Call, consult: Consult, queue: int) -> ev.CallQueued:
    """The agent waits for a colleague of `queue`; one telephone rings at a time."""
    return ev.CallQueued(clock.now_ms(), call.id, queue, QUEUE_PRIORITY, consult.since, single=True)


# -- the target ------------------------------------------------------------------------------------


def answered(floor: Floor, call: Call, leg: Leg) -> None:
    """The target took the call: agent and target talk."""
    consult = call.consult
    if consult is None or consult.leg is not leg or call.partner is None:
        hang_up_leg(floor, call, leg)
        return
    leg.up = True
    if consult.queue is not None and leg.agent is not None:
        floor.distribute(ev.Answered(clock.now_ms(), call.id, leg.agent))
    floor.do(call, partial(floor.ari.stop_ring, call.partner.channel))
    floor.do(call, partial(floor.ari.add_to_bridge, call.bridge, leg.channel))
    identity.note(floor, call)
    floor.touch(call)


def target_gone(floor: Floor, call: Call, leg: Leg, cause: int, *, refused: bool = False) -> None:
    """The target's telephone is out of it: never answered (the customer is back), hung up, or tries the next agent."""
    floor.channels.pop(leg.channel, None)
    consult = call.consult
    if consult is None or consult.leg is not leg:
        return
    if leg.up:
        _failed(floor, call, "ended")
    elif consult.queue is not None and leg.agent is not None:
        consult.leg = None
        reason = CAUSE_PHONE if refused else offers.ring_cause(cause)
        floor.distribute(ev.RingFailed(clock.now_ms(), call.id, leg.agent, reason))
        floor.touch(call)
    else:
        _failed(floor, call, Outcome.FAILED.value if refused else direct.outcome_of(cause).value)


def _failed(floor: Floor, call: Call, result: str) -> None:
    """No target any more: the customer is back with the agent, who is told why."""
    consult = call.consult
    if consult is None:
        return
    floor.publish({"notice": {"level": "warning", "code": f"consult.{result}", "who": consult.target}}, [consult.by])
    _end(floor, call, result)
    if call.phase is Phase.HOLDING:
        talks.hold(floor, call, on=False)


def _end(floor: Floor, call: Call, result: str) -> None:
    """Forget the consultation; whoever was asked is free."""
    consult = call.consult
    if consult is None:
        return
    call.consult = None
    call.close_span("consult", clock.now_ms(), result=result)
    if consult.leg is None or not consult.leg.up:
        if call.partner is not None:
            floor.do(call, partial(floor.ari.stop_ring, call.partner.channel))
        if consult.queue is not None:
            floor.distribute(ev.CallLeft(clock.now_ms(), call.id))
    if consult.leg is not None:
        parties.let_go(floor, call, consult.leg)
    floor.touch(call)


# -- what the agent wants --------------------------------------------------------------------------


def cancel(floor: Floor, call: Call) -> None:
    """Enough asked: back to the customer."""
    _end(floor, call, "cancelled")
    talks.hold(floor, call, on=False)


def swap(floor: Floor, call: Call, consult: Consult, leg: Leg) -> None:
    """Talk to the other of the two; the one left hears music."""
    consult.held = not consult.held
    if consult.held:
        floor.do(call, partial(floor.ari.remove_from_bridge, call.bridge, leg.channel))
        music.start(floor, call, leg)
        talks.hold(floor, call, on=False)
    else:
        talks.hold(floor, call, on=True)
        _back(floor, call, leg)
    floor.touch(call)


def _back(floor: Floor, call: Call, leg: Leg) -> None:
    """A target who heard music is in the talk again."""
    music.stop(floor, call, leg)
    floor.do(call, partial(floor.ari.add_to_bridge, call.bridge, leg.channel))


def merge(floor: Floor, call: Call, consult: Consult, leg: Leg) -> None:
    """Everybody into one talk."""
    now = clock.now_ms()
    call.consult = None
    call.close_span("consult", now, result="joined")
    leg.purpose = Purpose.MEMBER
    call.members.append(leg)
    call.open_span(Segment("member", now, agent=leg.agent, party=leg.party))
    if consult.held:
        _back(floor, call, leg)
    talks.hold(floor, call, on=False)
    floor.touch(call)


def complete(floor: Floor, call: Call) -> None:
    """Give the customer to the target, who may still ring or be waited for in a queue; the agent is out of it."""
    consult, old = call.consult, call.partner
    if consult is None:
        return
    call.consult = None
    call.close_span("consult", clock.now_ms(), result="completed")
    call.close_segment(clock.now_ms(), "transferred")
    call.partner = None
    talks.partner_leaves(floor, call)
    if consult.leg is not None and consult.leg.up:
        _hand_over(floor, call, consult, consult.leg)
    else:
        _hand_on(floor, call, consult)
    if old is not None:
        when_stored(floor, call)
        hang_up_leg(floor, call, old)
        if old.agent is not None:
            release_agent(floor, call, old.agent)


def _hand_over(floor: Floor, call: Call, consult: Consult, leg: Leg) -> None:
    """Customer and target talk."""
    leg.purpose = Purpose.DIRECT
    if consult.held:
        _back(floor, call, leg)
    held = call.phase is Phase.HOLDING
    talks.take_partner(floor, call, leg)
    if held and call.customer is not None:
        music.stop(floor, call, call.customer)
        floor.do(call, partial(floor.ari.add_to_bridge, call.bridge, call.customer.channel))


def _hand_on(floor: Floor, call: Call, consult: Consult) -> None:
    """The target does not talk yet: the customer waits for it alone."""
    leg, now = consult.leg, clock.now_ms()
    call.queue = consult.queue or call.queue
    call.entered_at, call.steps_done = consult.since, []
    if leg is None:
        set_phase(floor, call, Phase.WAITING, Segment("wait", now, queue=call.queue))
        return
    leg.purpose = Purpose.OFFER if consult.queue is not None else Purpose.DIRECT
    call.partner = leg
    segment = Segment("ring", now, queue=consult.queue, agent=leg.agent, party=leg.party)
    set_phase(floor, call, Phase.RINGING, segment)


def agent_gone(floor: Floor, call: Call, consult: Consult) -> None:
    """The agent hung up in the middle: who talks to a colleague already is given over, others go back to the queue."""
    if consult.leg is not None and consult.leg.up:
        complete(floor, call)
        return
    old = call.partner
    _end(floor, call, "cancelled")
    queue = floor.directory.queues.get(call.queue or 0)
    if queue is None or call.customer is None or old is None:
        finish(floor, call, Outcome.ANSWERED, "agent")
        return
    call.close_segment(clock.now_ms(), "returned")
    call.partner = None
    talks.partner_leaves(floor, call)
    hang_up_leg(floor, call, old)
    queueing.enter(floor, call, queue, direct.RETURN_PRIORITY)
    if old.agent is not None:
        release_agent(floor, call, old.agent)
