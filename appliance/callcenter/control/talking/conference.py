"""More than two in one talk: the further parties stand in `call.members`; the partner is the chair.

The conference is the patient's call: it lasts as long as the customer does, and its recording is the customer's.
"""

import logging
from functools import partial

from appliance import clock
from appliance.callcenter.acd.events import Engaged, HoldChanged
from appliance.callcenter.calls.model import Call, Leg, Phase, Purpose, Segment
from appliance.callcenter.control import identity
from appliance.callcenter.control.entering import direct
from appliance.callcenter.control.entering.targets import Target, line_to
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import hang_up_leg, new_leg, release_agent
from appliance.callcenter.control.talking import mixing, parties, talks
from appliance.callcenter.control.waiting import music
from appliance.callcenter.control.waiting.ringing import agent_id, ring

log = logging.getLogger(__name__)

MOST_MEMBERS = 8
RING_SECONDS = 30


def invite(floor: Floor, call: Call, agent: int, target: Target) -> Leg:
    """Ring one more party; the talk goes on meanwhile. Raises NoLineError."""
    line = line_to(floor, target)
    mixing.move(floor, call, *(one.channel for one in _together(call)))
    leg = new_leg(floor, call, Purpose.MEMBER, target.number, target.agent)
    call.members.append(leg)
    call.open_span(Segment("member", leg.started_at, agent=leg.agent, party=leg.party))
    if target.agent is not None:
        floor.distribute(Engaged(clock.now_ms(), target.agent, call.id))

    def refused(error: Exception) -> None:
        log.info("call %s: %s cannot be rung: %s", call.id, line.endpoint, error)
        gone(floor, call, leg, 0, refused=True)

    ring(floor, call, leg, line, RING_SECONDS, agent_id(floor, agent), refused)
    floor.touch(call)
    return leg


def _together(call: Call) -> list[Leg]:
    """Who is in the talk's bridge while there are no members."""
    on_hold = call.customer if call.phase is Phase.HOLDING else None
    return [leg for leg in call.legs() if leg.up and leg is not on_hold]


def joined(floor: Floor, call: Call, leg: Leg) -> None:
    """A party that rang has answered."""
    if leg not in call.members:
        hang_up_leg(floor, call, leg)
        return
    now = clock.now_ms()
    leg.up, leg.started_at = True, now
    call.close_span("member", now, party=leg.party, result="answered")
    call.open_span(Segment("member", now, agent=leg.agent, party=leg.party))
    floor.do(call, partial(floor.ari.add_to_bridge, call.bridge, leg.channel))
    identity.note(floor, call)
    floor.touch(call)


def gone(floor: Floor, call: Call, leg: Leg, cause: int, *, refused: bool = False) -> None:
    """A party's telephone is out of it: it hung up, or never answered."""
    floor.channels.pop(leg.channel, None)
    if leg not in call.members:
        return
    outcome = "failed" if refused else direct.outcome_of(cause).value
    _remove(floor, call, leg, "left" if leg.up else outcome)
    if call.partner is not None and call.partner.agent is not None:
        code = "member.left" if leg.up else f"member.{outcome}"
        floor.publish({"notice": {"level": "info", "code": code, "who": leg.party}}, [call.partner.agent])


def drop(floor: Floor, call: Call, leg: Leg) -> None:
    """Out with one party, or no more ringing for it."""
    _remove(floor, call, leg, "dropped")


def _remove(floor: Floor, call: Call, leg: Leg, result: str) -> None:
    call.members.remove(leg)
    call.close_span("member", clock.now_ms(), party=leg.party, result=result)
    parties.let_go(floor, call, leg)
    floor.touch(call)


def mute(floor: Floor, call: Call, leg: Leg, *, on: bool) -> None:
    """A party hears the others but is not heard."""
    if leg.muted != on:
        leg.muted = on
        floor.touch(call)
        floor.send(call, partial(floor.ari.mute, leg.channel, on=on))


def successor(call: Call) -> Leg | None:
    """Who takes the chair when the partner leaves: a colleague before others, who came first before who came later."""
    talking = [leg for leg in call.members if leg.up]
    return min(talking, key=lambda leg: leg.agent is None, default=None)


def leave(floor: Floor, call: Call) -> bool:
    """The chair goes, the others go on; False when nobody would be left to talk to the customer."""
    old, chair = call.partner, successor(call)
    if chair is None or old is None:
        return False
    now = clock.now_ms()
    held = call.phase is Phase.HOLDING
    call.members.remove(chair)
    call.close_span("member", now, party=chair.party, result="chair")
    chair.purpose = Purpose.DIRECT
    mute_needed, chair.muted = chair.muted, False
    talks.partner_leaves(floor, call)
    call.close_segment(now, "left")
    talks.take_partner(floor, call, chair)
    call.muted = mute_needed
    if held and call.customer is not None:
        music.stop(floor, call, call.customer)
        floor.do(call, partial(floor.ari.add_to_bridge, call.bridge, call.customer.channel))
    if chair.agent is not None:
        floor.distribute(HoldChanged(now, chair.agent, holding=False))
    hang_up_leg(floor, call, old)
    if old.agent is not None:
        release_agent(floor, call, old.agent)
    return True
