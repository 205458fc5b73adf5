"""What happens to legs that are neither the customer's nor, alone, the partner's."""

import logging
from functools import partial

from appliance.callcenter.acd.events import Effect
from appliance.callcenter.calls.model import Call, Leg, Phase, Purpose
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import hang_up_leg
from appliance.callcenter.control.talking import conference, consults, parties, talks
from appliance.callcenter.control.waiting import music, offers, queue_steps
from appliance.pbx.ari_model import Bridge, Channel

log = logging.getLogger(__name__)

CAUSE_NORMAL = 16


def carry_out(floor: Floor, effect: Effect) -> None:
    """Do what distribution wants: for a caller, or for an agent who asks a queue."""
    call = floor.calls.get(effect.call)
    if call is not None and call.consult is not None:
        consults.carry_out(floor, call, call.consult, effect)
    else:
        queue_steps.carry_out(floor, effect)


def up(floor: Floor, call: Call, leg: Leg) -> None:
    """Somebody who was asked, or invited, has answered."""
    if leg.purpose is Purpose.CONSULT:
        consults.answered(floor, call, leg)
    else:
        conference.joined(floor, call, leg)


def gone(floor: Floor, call: Call, channel: str, cause: int) -> bool:
    """A channel hung up; True when that was dealt with here."""
    guest = next((leg for leg in call.guests() if leg.channel == channel), None)
    if guest is not None:
        _guest_gone(floor, call, guest, cause)
        return True
    rival = next((leg for leg in call.rivals if leg.channel == channel), None)
    if rival is not None:
        offers.ring_ended(floor, call, rival, offers.ring_cause(cause))
        return True
    partner = call.partner
    if partner is None or partner.channel != channel:
        return False
    return partner_gone(floor, call)


def partner_gone(floor: Floor, call: Call) -> bool:
    """The partner is out of a consultation or conference; False when there is none (any more)."""
    if call.consult is not None:
        consults.agent_gone(floor, call, call.consult)
        return True
    return conference.leave(floor, call)


def _guest_gone(floor: Floor, call: Call, leg: Leg, cause: int) -> None:
    if leg.purpose is Purpose.CONSULT:
        consults.target_gone(floor, call, leg, cause)
    else:
        conference.gone(floor, call, leg, cause)


def adopt(floor: Floor, call: Call, channels: dict[str, Channel], bridge: Bridge | None) -> None:
    """After call control was away: go on with everybody who is still there."""
    for leg in list(call.guests()):
        known = channels.get(leg.channel)
        if known is None:
            _guest_gone(floor, call, leg, CAUSE_NORMAL)
        elif not leg.up and known.dialplan.app_name == "Stasis" and not leg.by_key:
            up(floor, call, leg)
    _ask_again(floor, call)
    if call.partner is None or call.partner.channel not in channels:
        if not partner_gone(floor, call):
            talks.ended_by_partner(floor, call)
    else:
        bring_together(floor, call, bridge)
    floor.touch(call)


def bring_together(floor: Floor, call: Call, bridge: Bridge | None) -> None:
    """What was queued for the PBX when call control died is done again: those who talk are in the bridge."""
    present = frozenset(bridge.channels) if bridge is not None else frozenset()
    for leg in call.legs():
        if not leg.up or (leg.channel in present) == in_talk(call, leg):
            continue
        log.info("call %s: %s is brought to where it belongs", call.id, leg.party)
        if leg.channel in present:
            floor.do(call, partial(floor.ari.remove_from_bridge, call.bridge, leg.channel))
            music.replaced(leg)
            music.start(floor, call, leg)
        else:
            floor.do(call, partial(floor.ari.stop_music, leg.channel))
            floor.do(call, partial(floor.ari.add_to_bridge, call.bridge, leg.channel))


def in_talk(call: Call, leg: Leg) -> bool:
    """Whether the leg is meant to hear the others (and not music)."""
    if leg is call.customer:
        return call.phase is Phase.TALKING
    return call.consult is None or leg is not call.consult.leg or not call.consult.held


def _ask_again(floor: Floor, call: Call) -> None:
    """An agent who asked a queue: distribution has forgotten it."""
    consult = call.consult
    if consult is None or consult.queue is None or (consult.leg is not None and consult.leg.up):
        return
    leg, consult.leg = consult.leg, None
    if leg is not None:
        hang_up_leg(floor, call, leg)
        if leg.agent is not None:
            parties.free_ringing(floor, call, leg.agent)
    floor.distribute(consults.queued(call, consult, consult.queue))
