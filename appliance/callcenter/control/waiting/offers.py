"""Ringing agents for a caller: one telephone, or several at once of which the first that answers has the call."""

import logging
from functools import partial

from appliance import clock
from appliance.callcenter.acd import events as ev
from appliance.callcenter.acd.model import CAUSE_NO_ANSWER, CAUSE_PHONE, CAUSE_REJECTED, Strategy
from appliance.callcenter.calls.model import Call, Leg, Phase, Purpose, Segment
from appliance.callcenter.control.endpoints import agent_line
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import hang_up_leg, new_leg, set_phase
from appliance.callcenter.control.speech import media_of, stop_saying
from appliance.callcenter.control.talking import talks
from appliance.callcenter.control.waiting import music, ringing

log = logging.getLogger(__name__)

CAUSES = {
    0: CAUSE_NO_ANSWER,
    16: CAUSE_NO_ANSWER,
    17: CAUSE_REJECTED,
    18: CAUSE_NO_ANSWER,
    19: CAUSE_NO_ANSWER,
    21: CAUSE_REJECTED,
}
"""Q.850 causes of a leg that rang and ended; with any other the phone was not reachable."""


def offers_of(call: Call) -> list[Leg]:
    """The agents' legs that ring for a caller who waits."""
    legs = [*([call.partner] if call.partner is not None else []), *call.rivals]
    return [leg for leg in legs if leg.purpose is Purpose.OFFER and not leg.up]


def offer_to(call: Call, agent: int) -> Leg | None:
    return next((leg for leg in offers_of(call) if leg.agent == agent), None)


def ring(floor: Floor, call: Call, agent: int, seconds: int) -> None:
    """Show the call on the agent's screen, then ring her phone."""
    call.dialogue = None
    entry = floor.directory.agents.get(agent)
    leg = new_leg(floor, call, Purpose.OFFER, entry.number if entry is not None else "", agent)
    if call.partner is not None:
        call.rivals.append(leg)
        floor.touch(call)
    else:
        call.partner = leg
        stop_saying(floor, call)
        music.start(floor, call, call.customer)
        queue = floor.directory.queues.get(call.queue or 0)
        several = queue is not None and queue.rules.strategy is Strategy.RING_ALL
        segment = Segment("ring", clock.now_ms(), queue=call.queue, agent=None if several else agent)
        set_phase(floor, call, Phase.RINGING, segment)
    floor.flush_calls()

    def rang() -> None:
        floor.distribute(ev.PhoneRings(clock.now_ms(), call.id, agent))

    def failed(error: Exception) -> None:
        log.info("call %s: agent %s cannot be rung: %s", call.id, agent, error)
        ring_ended(floor, call, leg, CAUSE_PHONE)

    ringing.ring(floor, call, leg, agent_line(floor, agent), seconds, ringing.customer_id(call), failed, rang)
    talks.prepare_bridge(floor, call)


def ring_cause(cause: int) -> str:
    """Why a leg that rang has ended, from the cause of its hang-up."""
    return CAUSES.get(cause, CAUSE_PHONE)


def forget(call: Call, leg: Leg) -> None:
    """Another leg that rings takes the partner's place."""
    if call.partner is leg:
        call.partner = call.rivals.pop(0) if call.rivals else None
    else:
        call.rivals.remove(leg)


def ring_ended(floor: Floor, call: Call, leg: Leg, reason: str) -> None:
    """The agent did not take the call: it rings on elsewhere, or waits again at its old place."""
    floor.channels.pop(leg.channel, None)
    if leg not in offers_of(call) or leg.agent is None:
        return
    forget(call, leg)
    now = clock.now_ms()
    if leg.by_key and reason == CAUSE_PHONE:
        reason = CAUSE_NO_ANSWER  # the network said no: that is not a telephone of ours that is out
    if call.partner is None:
        call.close_segment(now, reason)
        set_phase(floor, call, Phase.WAITING, Segment("wait", now, queue=call.queue))
    else:
        floor.touch(call)
    floor.distribute(ev.RingFailed(now, call.id, leg.agent, reason))


def take_back(floor: Floor, call: Call, agent: int) -> None:
    """The caller is gone, or talks with another, while this phone rang."""
    leg = offer_to(call, agent)
    if leg is not None and call.phase is not Phase.ENDED:
        forget(call, leg)
        hang_up_leg(floor, call, leg)


def answered(floor: Floor, call: Call, leg: Leg) -> None:
    """The agent took the call; telephones that ring beside hers stop."""
    if leg not in offers_of(call) or leg.agent is None or call.customer is None:
        hang_up_leg(floor, call, leg)
        return
    if call.partner is not leg and call.partner is not None:
        call.rivals = [call.partner, *(rival for rival in call.rivals if rival is not leg)]
        call.partner = leg
    leg.up = True
    now = clock.now_ms()
    call.close_segment(now, "answered")
    floor.distribute(ev.Answered(now, call.id, leg.agent))
    talks.connect(floor, call, leg)
    _tell_number(floor, call, leg.agent)


def _tell_number(floor: Floor, call: Call, agent: int) -> None:
    """Where the queue wants it: the agent's number, mixed into the talk, so that no word of hers is lost."""
    queue, entry = floor.directory.queues.get(call.queue or 0), floor.directory.agents.get(agent)
    if queue is None or not queue.announce_agent or entry is None:
        return
    words = ["number-of-agent", *(f"digit-{digit}" for digit in entry.number), "agent-at-service"]
    media = media_of(floor, [f"system:{word}" for word in words])
    floor.do(call, partial(floor.ari.play_to_all, call.bridge, ",".join(media), f"{call.bridge}-number"))
