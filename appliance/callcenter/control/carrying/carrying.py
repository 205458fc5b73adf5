"""Carrying a talk over: both telephones are called with the order to replace the call that they believe in.

INVITE with `Replaces` and `Require: replaces` (RFC 3891), sent to nobody but the remote target of a leg of ours. Who
understands it goes on talking without a hand; who does not says so (420, 481), and nothing rings there.
"""

import logging
from functools import partial

from appliance import clock
from appliance.callcenter.calls.model import CARRIED, Call, CarryOver, Leg, Phase, Segment
from appliance.callcenter.control import identity
from appliance.callcenter.control.carrying import dialogs, rules
from appliance.callcenter.control.carrying.rules import Reply, Verdict
from appliance.callcenter.control.entering import direct
from appliance.callcenter.control.entering.targets import Target
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import cut, new_leg
from appliance.callcenter.control.talking import talks
from appliance.callcenter.control.waiting import music, queueing, ringing
from appliance.pbx.ari_model import Channel

log = logging.getLogger(__name__)


def begin(floor: Floor, call: Call) -> bool:
    """Asterisk has none of the talk's channels any more: call both telephones. False: it cannot be carried over."""
    now = clock.now_ms()
    customer, partner = call.customer, call.partner
    if not rules.may_be_carried(call, now - floor.seen_at) or customer is None or partner is None:
        return False
    log.info("call %s is carried over", call.id)
    call.carrying = CarryOver(min(floor.seen_at, now))
    call.open_span(Segment(CARRIED, call.carrying.since, agent=partner.agent))
    call.bridge, call.mixed = "", False
    talks.prepare_bridge(floor, call)
    call.customer = _replace(floor, call, customer, f"<{partner.party}>")
    call.partner = _replace(floor, call, partner, ringing.customer_id(call))
    floor.touch(call)
    _settle(floor, call)
    return True


def _replace(floor: Floor, call: Call, old: Leg, shown: str) -> Leg:
    """A new leg in the place of `old`; where that cannot be, it counts as lost."""
    floor.channels.pop(old.channel, None)
    leg = new_leg(floor, call, old.purpose, old.party, old.agent)
    leg.trunk = old.trunk
    dialog = dialogs.read(old.dialog)
    if dialog is None:
        _lose(floor, call, leg)
        return leg

    async def originate() -> None:
        words = dialog.headers | (ringing.leg_variables(call) if old.agent is not None else {})
        await floor.ari.originate(leg.channel, dialog.line, f"leg,{call.id}", shown, rules.ANSWER_SECONDS, words)

    def refused(error: Exception) -> None:
        log.info("call %s: %s cannot be called: %s", call.id, leg.party, error)
        gone(floor, call, leg.channel)

    floor.do(call, originate, refused)
    return leg


def adopt(floor: Floor, call: Call, channels: dict[str, Channel]) -> None:
    """Call control itself was killed meanwhile: go on with what became of the new legs."""
    for leg in (call.customer, call.partner):
        if leg is None or leg.up:
            continue
        known = channels.get(leg.channel)
        if known is None:
            _lose(floor, call, leg)
        elif known.dialplan.app_name == "Stasis":
            leg.name = known.name
            _up(floor, call, leg)
    _settle(floor, call)


def leg_up(floor: Floor, call: Call, leg: Leg) -> None:
    """A telephone has replaced its call: it hears the other as soon as that is there too."""
    if not leg.up:
        _up(floor, call, leg)
        _settle(floor, call)


def _up(floor: Floor, call: Call, leg: Leg) -> None:
    leg.up = True
    if leg is call.customer and call.phase is Phase.HOLDING:
        music.start(floor, call, leg)
    else:
        floor.do(call, partial(floor.ari.add_to_bridge, call.bridge, leg.channel))


def gone(floor: Floor, call: Call, channel: str) -> None:
    """A telephone did not want, or has hung up meanwhile."""
    leg = next((leg for leg in (call.customer, call.partner) if leg is not None and leg.channel == channel), None)
    if leg is not None and call.carrying is not None:
        _lose(floor, call, leg)
        _settle(floor, call)


def _lose(floor: Floor, call: Call, leg: Leg) -> None:
    floor.channels.pop(leg.channel, None)
    leg.up = False
    if call.carrying is not None and leg.channel not in call.carrying.lost:
        call.carrying.lost.append(leg.channel)


def _reply(call: Call, leg: Leg | None) -> Reply:
    if leg is None or call.carrying is None or leg.channel in call.carrying.lost:
        return Reply.LOST
    return Reply.UP if leg.up else Reply.PENDING


def _settle(floor: Floor, call: Call) -> None:
    if call.carrying is None:
        return
    match rules.verdict(_reply(call, call.customer), _reply(call, call.partner)):
        case Verdict.TALK:
            _end(call, "went-on")
            _talk(floor, call)
        case Verdict.KEEP_CUSTOMER:
            _end(call, "anew")
            _put_through_anew(floor, call)
        case Verdict.CUT:
            _end(call, "cut")
            cut(floor, call)
        case Verdict.WAIT:
            floor.touch(call)


def _end(call: Call, result: str) -> None:
    """It is decided."""
    now = clock.now_ms()
    since = call.carrying.since if call.carrying is not None else now
    log.info("call %s carried over: %s; %d ms after it was heard of last", call.id, result, now - since)
    call.close_span(CARRIED, now, result=result)
    call.carrying = None


def _talk(floor: Floor, call: Call) -> None:
    """They talk again, muted or on hold as before."""
    if call.muted and call.partner is not None:
        floor.do(call, partial(floor.ari.mute, call.partner.channel, on=True))
    if call.customer is not None and call.customer.muted:
        floor.do(call, partial(floor.ari.mute, call.customer.channel, on=True))
    talks.record_anew(floor, call)
    identity.note(floor, call)
    floor.touch(call)


def _put_through_anew(floor: Floor, call: Call) -> None:
    """The customer is there, the other telephone is not: back to the head of the queue, or where she was before."""
    partner = call.partner
    talks.record_anew(floor, call)
    talks.partner_lost(floor, call)
    queue = floor.directory.queues.get(call.queue or 0)
    if queue is not None:
        queueing.enter(floor, call, queue, direct.RETURN_PRIORITY)
    elif partner is not None and partner.agent in floor.directory.agents:
        direct.ring_target(floor, call, Target("agent", partner.party, agent=partner.agent))
    elif partner is not None and partner.party in floor.directory.extensions:
        direct.ring_extension(floor, call, partner.party)
    else:
        cut(floor, call)
