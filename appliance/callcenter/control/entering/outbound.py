"""Calls that an agent makes: by clicking, or by dialling on the phone."""

import asyncio
import logging
from functools import partial

from appliance import clock
from appliance.callcenter.acd.events import Engaged
from appliance.callcenter.calls.model import Call, Direction, Leg, Outcome, Phase, Purpose, Segment
from appliance.callcenter.control.endpoints import agent_line, endpoint_for, free_trunk
from appliance.callcenter.control.entering import direct
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import begin, finish, hang_up_leg, new_leg, set_phase
from appliance.callcenter.control.rooms import rooms
from appliance.callcenter.control.talking import talks
from appliance.callcenter.control.waiting import queueing
from appliance.callcenter.control.waiting.ringing import leg_variables
from appliance.pbx.ari import AriGoneError
from appliance.pbx.ari_model import Event
from appliance.pbx.numbers import Dialled, NumberClass

log = logging.getLogger(__name__)

PICK_UP_SECONDS = 20
"""How long the agent's own phone rings when she clicked to dial."""

RING_SECONDS = 60

NOT_YET_OURS = 422
JOIN_TRIES = 20
JOIN_PAUSE_SECONDS = 0.02

AUTO_ANSWER = {
    "PJSIP_HEADER(add,X-HCC-Auto-Answer)": "1",
    "PJSIP_HEADER(add,Call-Info)": "<sip:hcc>;answer-after=0",
    "PJSIP_HEADER(add,Alert-Info)": "<http://hcc>;info=alert-autoanswer;delay=0",
}

DIAL_OUTCOMES = {
    "BUSY": Outcome.BUSY,
    "NOANSWER": Outcome.NO_ANSWER,
    "CANCEL": Outcome.NO_ANSWER,
    "DONTCALL": Outcome.REJECTED,
}
NEXT_TRUNK = frozenset({"CHANUNAVAIL", "CONGESTION"})


def click(floor: Floor, agent: int, target: Dialled, *, key: str = "") -> Call:
    """Ring the agent's own phone (it answers by itself where it can), then the number."""
    own = floor.directory.agents[agent]
    inside = target.kind is NumberClass.INTERNAL
    direction = Direction.INTERNAL if inside else Direction.OUTBOUND
    call = begin(floor, direction, caller=own.extension or own.number, called=target.number, key=key)
    call.dial_to = target.number
    leg = new_leg(floor, call, Purpose.DIALLER, own.number, agent)
    if inside:
        call.customer = leg
    else:
        call.partner = leg
    set_phase(floor, call, Phase.RINGING, Segment("ring", call.started_at, agent=agent, party=own.number))
    floor.distribute(Engaged(call.started_at, agent, call.id))
    line = agent_line(floor, agent)
    leg.by_key, leg.trunk = line.by_key, line.trunk
    variables = {} if line.trunk else {**leg_variables(call), **AUTO_ANSWER}
    caller_id = line.caller_id(f"<{target.number}>")

    async def originate() -> None:
        await floor.ari.originate(
            leg.channel, line.endpoint, f"leg,{call.id}", caller_id, line.seconds(PICK_UP_SECONDS), variables
        )

    def refused(error: Exception) -> None:
        log.info("call %s: the agent's phone cannot be rung: %s", call.id, error)
        finish(floor, call, Outcome.FAILED, "system")

    floor.send(call, originate, refused)
    return call


def dialler_up(floor: Floor, call: Call, leg: Leg) -> None:
    """The agent's phone is up: ring the number."""
    leg.up = True
    if call.direction is Direction.INTERNAL:
        reach_inside(floor, call)
    else:
        reach_outside(floor, call)


def reach_inside(floor: Floor, call: Call) -> None:
    """Ring the extension, or wait in the queue, with that number."""
    queue = floor.directory.queues_by_number.get(call.dial_to)
    if queue is not None:
        queueing.enter(floor, call, queue, 0)
    elif call.dial_to in floor.directory.rooms:
        rooms.enter(floor, call, call.dial_to)
    elif call.dial_to in floor.directory.extensions:
        direct.ring_extension(floor, call, call.dial_to)
    else:
        finish(floor, call, Outcome.UNKNOWN_NUMBER, "system", "unallocated")


def reach_outside(floor: Floor, call: Call) -> None:
    """Dial out through the next trunk; both are bridged before the answer, for the network's announcements."""
    found = free_trunk(floor, call.trunks_tried, call.dial_to)
    agent_leg = call.partner
    if found is None or agent_leg is None:
        finish(floor, call, Outcome.FAILED, "system", "congestion")
        return
    name, trunk = found
    call.trunk = name
    call.trunks_tried.append(name)
    leg = new_leg(floor, call, Purpose.CUSTOMER, call.called)
    call.customer = leg
    set_phase(floor, call, Phase.RINGING, Segment("ring", clock.now_ms(), agent=agent_leg.agent, party=call.called))

    async def dial() -> None:
        variables = {"CALLERID(num)": trunk.caller_number} if trunk.caller_number else {}
        endpoint = endpoint_for(call.dial_to, name, trunk)
        leg.name = await floor.ari.create(leg.channel, endpoint, f"leg,{call.id}", variables)
        await _join(floor, call.bridge, agent_leg.channel, leg.channel)
        await floor.ari.dial(leg.channel, RING_SECONDS)

    def refused(error: Exception) -> None:
        log.warning("call %s: trunk %s: %s", call.id, name, error)
        _try_next(floor, call, leg)

    talks.prepare_bridge(floor, call)
    floor.do(call, dial, refused)


async def _join(floor: Floor, bridge: str, *channels: str) -> None:
    """A channel just made takes a moment to come under our control; until then a bridge refuses it (422)."""
    for _ in range(JOIN_TRIES):
        try:
            await floor.ari.add_to_bridge(bridge, *channels)
        except AriGoneError as error:
            if error.status != NOT_YET_OURS:
                raise
            await asyncio.sleep(JOIN_PAUSE_SECONDS)
        else:
            return
    await floor.ari.add_to_bridge(bridge, *channels)


def not_reached(floor: Floor, call: Call, leg: Leg, cause: int) -> None:
    """The outside leg ended before it was answered; `cause` is Q.850's."""
    outcome = direct.outcome_of(cause)
    if outcome is Outcome.FAILED:
        _try_next(floor, call, leg)
    else:
        finish(floor, call, outcome, "caller")


def progress(floor: Floor, call: Call, event: Event) -> None:
    """A Dial event about the outside leg."""
    leg, agent_leg = call.customer, call.partner
    if leg is None or event.peer is None or leg.channel != event.peer.id or agent_leg is None:
        return
    if call.carrying is not None:
        return  # nobody was dialled
    match event.dialstatus:
        case "RINGING":
            floor.do(call, partial(floor.ari.ring, agent_leg.channel))
        case "PROGRESS":
            floor.do(call, partial(floor.ari.stop_ring, agent_leg.channel))
        case "ANSWER":
            _answered(floor, call, leg, agent_leg)
        case status if status in NEXT_TRUNK:
            _try_next(floor, call, leg)
        case status if status in DIAL_OUTCOMES:
            finish(floor, call, DIAL_OUTCOMES[status], "system")


def _answered(floor: Floor, call: Call, leg: Leg, agent_leg: Leg) -> None:
    leg.up = True
    call.close_segment(clock.now_ms(), "answered")
    floor.do(call, partial(floor.ari.stop_ring, agent_leg.channel))
    talks.connect(floor, call, agent_leg)


def _try_next(floor: Floor, call: Call, leg: Leg) -> None:
    """The trunk did not take the call: the next one, if there is one."""
    if call.phase is Phase.ENDED or call.customer is not leg:
        return
    hang_up_leg(floor, call, leg)
    call.customer = None
    reach_outside(floor, call)
