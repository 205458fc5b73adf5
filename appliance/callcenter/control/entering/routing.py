"""Where a new call goes: by its DID from a trunk, by what was dialled from an extension."""

import logging
from functools import partial

from appliance import clock
from appliance.callcenter.acd.events import Engaged
from appliance.callcenter.calls.model import Call, Direction, Leg, Outcome, Phase, Purpose, Segment
from appliance.callcenter.control.endpoints import agent_at
from appliance.callcenter.control.entering import direct, flows, limits, outbound
from appliance.callcenter.control.entering.targets import Target
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import answer, begin, finish, set_phase
from appliance.callcenter.control.rooms import rooms
from appliance.callcenter.control.speech import say
from appliance.callcenter.control.waiting import queueing
from appliance.callcenter.trunks.tables import DidRow
from appliance.errors import NumberNotAllowedError
from appliance.pbx.ari_model import Channel
from appliance.pbx.numbers import Dialled, NumberClass, classify
from appliance.text import is_dialable

log = logging.getLogger(__name__)

TRUNK_PREFIX = "trunk-"


def from_trunk(floor: Floor, channel: Channel, endpoint: str, called: str) -> Call:
    """A call from outside has reached us."""
    caller = channel.caller.number if is_dialable(channel.caller.number) else ""
    call = begin(floor, Direction.INBOUND, caller=caller, called=called, arrived_at=channel.created_at)
    call.trunk = endpoint.removeprefix(TRUNK_PREFIX)
    _arrived(floor, call, channel, caller)
    return call


def route_inbound(floor: Floor, call: Call) -> None:
    """Send the call to what its DID is for."""
    if call.customer is None or call.phase is Phase.ENDED:
        return
    did = floor.directory.did(call.called)
    if did is None:
        log.warning("call %s: number %s is not in service here", call.id, call.called)
        _refuse(floor, call, Outcome.UNKNOWN_NUMBER, "system:number-not-in-service")
        return
    call.did_name = did.name or did.number
    _to_did(floor, call, did)


def _to_did(floor: Floor, call: Call, did: DidRow) -> None:
    queue = floor.directory.queues.get(did.target_id)
    extension = floor.directory.extension_ids.get(did.target_id, "")
    if did.target_kind == "extension" and extension:
        direct.ring_extension(floor, call, extension)
        return
    answer(floor, call)
    if did.target_kind == "flow":
        flows.begin(floor, call, did.target_id)
    elif did.target_kind == "queue" and queue is not None:
        call.queued_at = call.started_at
        queueing.enter(floor, call, queue, 0)
    elif did.target_kind == "room":
        rooms.enter(floor, call, floor.directory.room_ids.get(did.target_id, ""))
    else:
        _refuse(floor, call, Outcome.UNKNOWN_NUMBER, "system:number-not-in-service")


def _refuse(floor: Floor, call: Call, outcome: Outcome, prompt: str) -> None:
    """Say why, then hang up (when the announcement has ended)."""
    answer(floor, call)
    call.outcome = outcome
    set_phase(floor, call, Phase.FLOW, Segment("ivr", clock.now_ms()))
    if not say(floor, call, [prompt]):
        finish(floor, call, outcome, "system")


def from_extension(floor: Floor, channel: Channel, extension: str, dialled: str) -> Call:
    """Somebody dialled on a desk phone."""
    try:
        target = classify(dialled, floor.directory.numbering)
    except NumberNotAllowedError:
        target = None
    if target is not None and target.kind is not NumberClass.INTERNAL:
        call = begin(floor, Direction.OUTBOUND, caller=extension, called=target.number)
    else:
        call = begin(floor, Direction.INTERNAL, caller=extension, called=target.number if target else "")
    leg = _arrived(floor, call, channel, extension)
    leg.agent = agent_at(floor, extension)
    if target is None:
        log.warning("call %s: extension %s may not dial that", call.id, extension)
        _refuse(floor, call, Outcome.REJECTED, "system:number-invalid")
        return call
    reason = limits.phone_refusal(floor, extension, leg.agent, target)
    if reason is not None:
        limits.note_refused(floor, extension, target, reason)
        _refuse(floor, call, Outcome.REJECTED, f"system:outside-{reason.value}")
        return call
    call.dial_to = target.number
    _dialled(floor, call, leg, target)
    return call


def _dialled(floor: Floor, call: Call, leg: Leg, target: Dialled) -> None:
    if leg.agent is not None:
        floor.distribute(Engaged(clock.now_ms(), leg.agent, call.id))
    if target.kind is NumberClass.INTERNAL:
        if target.number in floor.directory.queues_by_number:
            answer(floor, call)
        outbound.reach_inside(floor, call)
        return
    leg.up = True
    call.customer, call.partner = None, leg
    floor.do(call, partial(floor.ari.answer, leg.channel))
    outbound.reach_outside(floor, call)


def _arrived(floor: Floor, call: Call, channel: Channel, party: str) -> Leg:
    leg = Leg(channel.id, Purpose.CUSTOMER, party, name=channel.name, started_at=call.started_at)
    call.customer = leg
    floor.index(call, leg)
    set_phase(floor, call, Phase.FLOW, Segment("ivr", call.started_at))
    return leg


def transfer(floor: Floor, call: Call, target: Target) -> None:
    """Send the customer on to an agent, an extension, a queue or an outside number. The partner was let go before."""
    queue = floor.directory.queues.get(target.queue or 0)
    if queue is not None:
        queueing.enter(floor, call, queue, direct.RETURN_PRIORITY)
    elif target.kind == "room":
        rooms.enter(floor, call, target.number)
    else:
        direct.ring_target(floor, call, target)
