"""Ringing one particular extension or outside number for a customer who waits: internal calls, DIDs, transfers."""

import logging
from functools import partial

from appliance import clock
from appliance.callcenter.acd.events import Engaged
from appliance.callcenter.acd.model import OCCUPIED
from appliance.callcenter.calls.model import Call, Direction, Leg, Outcome, Phase, Purpose, Segment
from appliance.callcenter.control.endpoints import Line, agent_at
from appliance.callcenter.control.entering.targets import NoLineError, Target, line_to
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import answer, finish, hang_up_leg, new_leg, set_phase
from appliance.callcenter.control.speech import say
from appliance.callcenter.control.talking import parties, talks
from appliance.callcenter.control.waiting import music, queueing
from appliance.callcenter.control.waiting.ringing import customer_id, ring

log = logging.getLogger(__name__)

RING_SECONDS = 30
RETURN_PRIORITY = 200
"""A caller whose transfer failed goes back before those who wait for the first time."""

OUTCOMES = {17: Outcome.BUSY, 21: Outcome.REJECTED, 0: Outcome.NO_ANSWER, 16: Outcome.NO_ANSWER}
OUTCOMES |= dict.fromkeys((18, 19), Outcome.NO_ANSWER)


def ring_extension(floor: Floor, call: Call, number: str) -> None:
    """Ring extension `number`; the customer hears ringing or music meanwhile."""
    ring_target(floor, call, Target("extension", number, agent=agent_at(floor, number)))


def ring_target(floor: Floor, call: Call, target: Target) -> None:
    """Ring an agent, an extension or an outside number for a customer who waits."""
    if target.agent is not None and floor.agent(target.agent).state in OCCUPIED:
        failed(floor, call, Outcome.BUSY)
        return
    try:
        line = line_to(floor, target)
    except NoLineError:
        failed(floor, call, Outcome.FAILED)
        return
    _ring(floor, call, line, target.number, target.agent)


def _ring(floor: Floor, call: Call, line: Line, party: str, agent: int | None) -> None:
    leg = new_leg(floor, call, Purpose.DIRECT, party, agent)
    call.partner = leg
    set_phase(floor, call, Phase.RINGING, Segment("ring", clock.now_ms(), agent=agent, party=party))
    if agent is not None:
        floor.distribute(Engaged(clock.now_ms(), agent, call.id))
    _comfort(floor, call)

    def refused(error: Exception) -> None:
        log.info("call %s: %s cannot be rung: %s", call.id, line.endpoint, error)
        leg_ended(floor, call, leg, Outcome.FAILED)

    ring(floor, call, leg, line, RING_SECONDS, customer_id(call), refused)
    talks.prepare_bridge(floor, call)


def _comfort(floor: Floor, call: Call) -> None:
    """What the customer hears while it rings."""
    if call.customer is None:
        return
    if call.customer.up:
        music.start(floor, call, call.customer)
    else:
        floor.do(call, partial(floor.ari.ring, call.customer.channel))


def answered(floor: Floor, call: Call, leg: Leg) -> None:
    """The extension or outside party took the call."""
    if call.partner is not leg or call.customer is None:
        hang_up_leg(floor, call, leg)
        return
    call.close_segment(clock.now_ms(), "answered")
    talks.connect(floor, call, leg)


def outcome_of(cause: int) -> Outcome:
    """What the hang-up cause of a leg that was never answered means (Q.850)."""
    return OUTCOMES.get(cause, Outcome.FAILED)


def leg_ended(floor: Floor, call: Call, leg: Leg, outcome: Outcome) -> None:
    """The leg ended before it was answered."""
    floor.channels.pop(leg.channel, None)
    if call.partner is not leg:
        return
    call.partner = None
    call.close_segment(clock.now_ms(), outcome.value)
    if leg.agent is not None:
        parties.free(floor, call, leg.agent)
    failed(floor, call, outcome)


def failed(floor: Floor, call: Call, outcome: Outcome) -> None:
    """Nobody there: a transferred caller goes back to the queue, others are told."""
    queue = floor.directory.queues.get(call.queue or 0)
    if queue is not None and call.answered_at is not None:
        queueing.enter(floor, call, queue, RETURN_PRIORITY)
        return
    if call.direction is Direction.INTERNAL:
        reason = "busy" if outcome in {Outcome.BUSY, Outcome.REJECTED} else "no_answer"
        finish(floor, call, outcome, "system", reason)
        return
    answer(floor, call)
    call.outcome = outcome
    set_phase(floor, call, Phase.FLOW, Segment("ivr", clock.now_ms()))
    if not say(floor, call, ["system:agent-unavailable"]):
        finish(floor, call, outcome, "system")
