"""Two parties in talk: bridging, recording, hold, mute, and what a hang-up means."""

import logging
from functools import partial

from appliance import clock
from appliance.callcenter.acd.events import HoldChanged
from appliance.callcenter.calls.model import Call, Direction, Leg, Outcome, Phase, Segment
from appliance.callcenter.control import identity
from appliance.callcenter.control.floor import Counters, Floor
from appliance.callcenter.control.lifecycle import answer, finish, release_agent, set_phase
from appliance.callcenter.control.talking import mixing, ratings, recording
from appliance.callcenter.control.waiting import music
from appliance.pbx.recorder import RecorderGoneError

log = logging.getLogger(__name__)


def connect(floor: Floor, call: Call, partner: Leg) -> None:
    """Let `call.customer` and `partner` talk, and record them."""
    customer = call.customer
    if customer is None:
        finish(floor, call, Outcome.FAILED, "system")
        return
    take_partner(floor, call, partner)
    prepare_bridge(floor, call)
    if not customer.up:
        answer(floor, call)
    music.stop(floor, call, customer)
    if call.recordings and not call.mixed:
        mixing.move(floor, call, customer.channel, partner.channel)
    else:
        floor.send(call, partial(floor.ari.add_to_bridge, call.bridge, customer.channel, partner.channel))
    record(floor, call)
    identity.note(floor, call)


def take_partner(floor: Floor, call: Call, partner: Leg) -> None:
    """From now on `partner` is the one who talks with the customer."""
    now = clock.now_ms()
    call.partner, partner.up = partner, True
    call.answered_at = call.answered_at or now
    if partner.agent is not None:
        call.talked_with = partner.agent
        floor.agent_counts.setdefault(partner.agent, Counters()).answered += 1
    set_phase(floor, call, Phase.TALKING, Segment("talk", now, agent=partner.agent, party=partner.party))


def partner_leaves(floor: Floor, call: Call) -> None:
    """What the partner had set for herself ends with her part: mute, the recording's pause, her call for help."""
    call.muted = False
    call.help = None
    recording.pause(floor, call, on=False)


def prepare_bridge(floor: Floor, call: Call) -> None:
    """Make the bridge ahead of the answer, so that the first words are not lost."""
    if not call.bridge:
        call.bridge = f"{call.id}-b"
        floor.send(call, partial(floor.ari.create_bridge, call.bridge))


def record(floor: Floor, call: Call) -> None:
    """Record the customer's channel: what it says is the left side, what it hears the right."""
    if call.customer is not None and not call.recordings:
        _record_piece(floor, call, call.customer)


def record_anew(floor: Floor, call: Call) -> None:
    """The customer's channel is another one now: what was recorded so far is a piece of its own."""
    customer = call.customer
    if customer is None or not call.recordings:
        record(floor, call)
    elif call.record_paused:
        call.recordings.append(_piece(call))  # begun by whoever ends the pause
    else:
        _record_piece(floor, call, customer)


def _piece(call: Call) -> str:
    return f"{call.id}-{len(call.recordings) + 1}"


def _record_piece(floor: Floor, call: Call, customer: Leg) -> None:
    name = _piece(call)
    call.recordings.append(name)

    def failed(error: Exception) -> None:
        call.recordings.remove(name)
        if call.phase is Phase.ENDED or isinstance(error, RecorderGoneError):
            log.info("call %s ended before there was anything to record", call.id)
            return
        log.error("call %s is not recorded: %s", call.id, error)
        floor.touch(call)

    floor.do(call, partial(floor.recorder.start, customer.name, name), failed)


def hold(floor: Floor, call: Call, *, on: bool) -> None:
    """The customer hears music until taken back. Nothing happens when the call is already so."""
    wanted = Phase.HOLDING if on else Phase.TALKING
    customer, partner = call.customer, call.partner
    if customer is None or partner is None or call.phase is wanted:
        return
    kind = "hold" if on else "talk"
    segment = Segment(kind, clock.now_ms(), agent=partner.agent, party=partner.party)
    set_phase(floor, call, wanted, segment)
    if on:
        floor.send(call, partial(floor.ari.remove_from_bridge, call.bridge, customer.channel))
        music.start(floor, call, customer)
    else:
        music.stop(floor, call, customer)
        floor.send(call, partial(floor.ari.add_to_bridge, call.bridge, customer.channel))
    if partner.agent is not None:
        floor.distribute(HoldChanged(clock.now_ms(), partner.agent, on))


def mute(floor: Floor, call: Call, *, on: bool) -> None:
    """The partner (agent) is not heard."""
    if call.partner is not None and call.muted != on:
        call.muted = on
        floor.touch(call)
        floor.send(call, partial(floor.ari.mute, call.partner.channel, on=on))


def may_lead(call: Call, agent: int) -> bool:
    """Whether two colleagues talk, and `agent` is at the customer's end of it."""
    customer, partner = call.customer, call.partner
    return (
        call.direction is Direction.INTERNAL
        and customer is not None
        and customer.agent == agent
        and partner is not None
        and partner.up
        and call.phase is Phase.TALKING
        and call.consult is None
        and call.carrying is None
        and not call.members
    )


def lead(floor: Floor, call: Call) -> None:
    """Of two colleagues, who wants something done with the talk is the partner from now on, the other the customer."""
    customer, partner = call.customer, call.partner
    if customer is None or partner is None:
        return
    if call.recordings and not call.record_paused:
        floor.do(call, partial(floor.recorder.stop, customer.name))
    call.customer, call.partner = partner, customer
    partner.muted, call.muted, customer.muted = call.muted, customer.muted, False
    record_anew(floor, call)
    floor.touch(call)


def ended_by_customer(floor: Floor, call: Call, by: str = "caller") -> None:
    """The customer's channel is gone."""
    floor.channels.pop(call.customer.channel if call.customer else "", None)
    call.customer = None
    if call.outcome is not None:
        finish(floor, call, call.outcome, call.hung_up_by or by)
    elif call.answered_at is not None:
        finish(floor, call, Outcome.ANSWERED, by)
    elif call.phase in {Phase.WAITING, Phase.RINGING}:
        finish(floor, call, Outcome.ABANDONED, "caller")
    else:
        finish(floor, call, Outcome.SELF_SERVICE, "caller")


def ended_by_partner(floor: Floor, call: Call) -> None:
    """The talking partner hung up. A rating may be asked for."""
    if ratings.wanted(floor, call):
        partner_leaves(floor, call)
        ratings.begin(floor, call)
        return
    floor.channels.pop(call.partner.channel if call.partner else "", None)
    finish(floor, call, Outcome.ANSWERED, "agent")


def partner_lost(floor: Floor, call: Call) -> None:
    """The partner's phone vanished in mid-talk: the customer is kept, to be routed again by the caller of this."""
    leg = call.partner
    if leg is None:
        return
    log.warning("call %s: the phone of %s was lost", call.id, leg.party)
    floor.channels.pop(leg.channel, None)
    call.close_segment(clock.now_ms(), "cut")
    call.partner = None
    partner_leaves(floor, call)
    if leg.agent is not None:
        release_agent(floor, call, leg.agent)
