"""Talks so young that the journal does not know them yet: found again by the names of their legs and bridges.

A leg of ours is named after its call (`<call>-1`), and so is the bridge (`<call>-b`). A caller and a leg of ours in one
bridge talk with each other, whatever was stored last.
"""

import logging
from functools import partial

from appliance import clock
from appliance.callcenter.acd.events import Engaged
from appliance.callcenter.calls.model import Call, Direction, Leg, Phase, Purpose
from appliance.callcenter.control.endpoints import agent_behind
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.mending.differences import OUR_BRIDGE, OUR_LEG, call_of
from appliance.callcenter.control.talking import talks
from appliance.pbx.ari import AriError
from appliance.pbx.ari_model import Bridge, Channel

log = logging.getLogger(__name__)

BEFORE_TALK = frozenset({Phase.FLOW, Phase.WAITING, Phase.RINGING})


def adopt(floor: Floor, channels: dict[str, Channel], bridges: dict[str, Bridge]) -> None:
    """Let every talk go on that was not stored as one. Call this before anything else is taken from what was stored."""
    for bridge in bridges.values():
        pair = _pair(bridge)
        if pair is None:
            continue
        customer, leg = (channels.get(channel) for channel in pair)
        if customer is not None and leg is not None and leg.state == "Up":
            _adopt(floor, call_of(bridge.id), customer, leg)


def _pair(bridge: Bridge) -> tuple[str, str] | None:
    """The caller's channel and our leg, where the bridge holds just these two."""
    if not OUR_BRIDGE.fullmatch(bridge.id) or len(bridge.channels) != 2:
        return None
    ours = [channel for channel in bridge.channels if OUR_LEG.fullmatch(channel)]
    others = [channel for channel in bridge.channels if not OUR_LEG.fullmatch(channel)]
    return (others[0], ours[0]) if len(ours) == len(others) == 1 else None


def _adopt(floor: Floor, key: str, customer: Channel, leg: Channel) -> None:
    call = floor.calls.get(key) or _unknown(floor, key, customer)
    if call is None or call.phase not in BEFORE_TALK or call.customer is None:
        return
    if call.customer.channel != customer.id or call.direction is not Direction.INBOUND:
        return
    partner = call.partner if call.partner is not None and call.partner.channel == leg.id else _leg(floor, call, leg)
    if partner is None:
        return
    log.info("call %s goes on as a talk, though it was stored as %s", call.id, call.phase.value)
    floor.index(call, call.customer)
    floor.index(call, partner)
    partner.name, call.bridge = leg.name, f"{call.id}-b"
    call.close_segment(clock.now_ms(), "answered")
    if partner.agent is not None:
        floor.distribute(Engaged(clock.now_ms(), partner.agent, call.id))
    call.customer.music = True  # it may play or not: what was stored is too old to tell
    call.recordings.clear()
    floor.do(call, lambda: floor.recorder.stop(customer.name), _nothing_to_stop)
    talks.connect(floor, call, partner)


def _nothing_to_stop(_error: Exception) -> None:
    """It had not begun to record."""


def _unknown(floor: Floor, key: str, customer: Channel) -> Call | None:
    """A call from a trunk of which nothing is stored. Bridges of talks that were taken over bear another name."""
    if any(leg.channel == customer.id for call in floor.calls.values() for leg in call.legs()):
        return None
    match customer.dialplan.app_data.split(","):
        case [_, "trunk", endpoint, called]:
            began = customer.created_at or clock.now_ms()
        case _:
            return None
    did = floor.directory.did(called)
    call = Call(key, Direction.INBOUND, began, caller=customer.caller.number, called=called, since=began)
    call.trunk = endpoint.removeprefix("trunk-")
    call.did_name = (did.name or did.number) if did is not None else ""
    call.queue = did.target_id if did is not None and did.target_kind == "queue" else None
    call.customer = Leg(customer.id, Purpose.CUSTOMER, customer.caller.number, name=customer.name, up=True)
    floor.calls[key] = call
    return call


def _leg(floor: Floor, call: Call, channel: Channel) -> Leg | None:
    """The leg behind a channel of ours, told by the endpoint in its name (`PJSIP/8001-0000002a`)."""
    endpoint = channel.name.removeprefix("PJSIP/").rpartition("-")[0]
    agent = agent_behind(floor, endpoint)
    if agent not in floor.directory.agents:
        return None
    call.legs_made = max(call.legs_made, int(channel.id.rpartition("-")[2]))
    return Leg(channel.id, Purpose.OFFER, floor.directory.agents[agent].number, agent, started_at=clock.now_ms())


def make_good(floor: Floor, call: Call, bridge: Bridge | None) -> None:
    """What was queued for the PBX when call control died is done again: whoever talks is in the bridge."""
    customer, partner = call.customer, call.partner
    if customer is None or partner is None or not call.bridge:
        return
    floor.do(call, partial(_record_unless_recorded, floor, call, customer))
    present = frozenset(bridge.channels) if bridge is not None else frozenset()
    if {customer.channel, partner.channel} <= present:
        return
    log.info("call %s: its legs are brought together again", call.id)
    if bridge is None:
        floor.do(call, partial(floor.ari.create_bridge, call.bridge, always_mix=call.mixed))
    floor.do(call, lambda: floor.ari.answer(customer.channel))
    customer.music = False
    floor.do(call, lambda: floor.ari.stop_music(customer.channel))
    floor.do(call, lambda: floor.ari.add_to_bridge(call.bridge, customer.channel, partner.channel))


async def _record_unless_recorded(floor: Floor, call: Call, customer: Leg) -> None:
    """The recorder leaves a variable with the channel; where it is missing, recording had not begun."""
    try:
        file = await floor.ari.variable(customer.channel, "MIXMONITOR_FILENAME")
    except AriError:
        file = ""
    if not file and call.id in floor.calls and not call.record_paused:
        del call.recordings[-1:]
        talks.record(floor, call)
