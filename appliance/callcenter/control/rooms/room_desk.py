"""What moderators do: lock, mute, remove, record, end, invite. By the browser, or by keys on the telephone."""

import logging
from functools import partial

from appliance import clock
from appliance.callcenter.acd.events import Engaged
from appliance.callcenter.acd.model import OCCUPIED, AgentState
from appliance.callcenter.calls.model import Call, Direction, Leg, Outcome, Phase, Purpose, Segment
from appliance.callcenter.control.endpoints import Line, agent_at, agent_line, outside_line
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import begin, finish, new_leg, set_phase
from appliance.callcenter.control.rooms import room_view, rooms
from appliance.callcenter.control.speech import say
from appliance.callcenter.control.waiting.ringing import leg_variables
from appliance.callcenter.rooms import rules
from appliance.callcenter.rooms.model import RoomPart
from appliance.errors import ConflictError, PbxUnavailableError
from appliance.pbx.numbers import Dialled, NumberClass
from appliance.pbx.recorder import RecorderGoneError

log = logging.getLogger(__name__)

RING_SECONDS = 40


class AlreadyInsideError(ConflictError):
    code, zh, en = "already-inside", "对方已在会议中或正在被邀请", "They are in the conference or being called already"


class BusyPhoneError(ConflictError):
    code, zh, en = "busy-phone", "对方正忙", "Their telephone is busy"


def wire(floor: Floor) -> None:
    """Let the rest of call control tell rooms what happens."""
    floor.left_room = partial(rooms.left, floor)
    floor.room_key = partial(key, floor)
    floor.room_recording = partial(follow_recording, floor)


# -- keys --------------------------------------------------------------------------------------------


def key(floor: Floor, call: Call, digit: str) -> None:
    """`*` and a digit on the telephone of somebody in a room."""
    part = call.room
    if part is None:
        return
    before = floor.rooms.starred
    remembered, wish = rules.key_meaning("*" if call.id in before else "", digit, moderator=part.moderator)
    (before.add if remembered else before.discard)(call.id)
    if wish is not None:
        _carry_out(floor, call, part, wish)


def _carry_out(floor: Floor, call: Call, part: RoomPart, wish: rules.Key) -> None:
    live = floor.rooms.live.get(part.number)
    if live is None:
        return
    match wish:
        case rules.Key.MUTE_SELF:
            rooms.mute(floor, call, on=not part.muted)
        case rules.Key.LOCK:
            lock(floor, part.number, on=not live.locked)
        case rules.Key.MUTE_ALL:
            mute_all(floor, part.number)
        case rules.Key.RECORD:
            record(floor, part.number, on=not live.recording)
        case rules.Key.END:
            end(floor, part.number)


# -- moderating --------------------------------------------------------------------------------------


def lock(floor: Floor, number: str, *, on: bool) -> None:
    """Nobody comes in any more but moderators and those who are called."""
    live = floor.rooms.live.get(number)
    if live is not None and live.locked != on:
        live.locked = on
        rooms.keep(floor, number)
        room_view.show(floor, number)


def mute_all(floor: Floor, number: str, *, on: bool = True) -> None:
    """Everybody but moderators."""
    for call in rooms.members(floor, number):
        if call.room is not None and not call.room.moderator:
            rooms.mute(floor, call, on=on)


def remove(floor: Floor, call: Call, prompt: str = "room-removed") -> None:
    """Tell the participant, then hang up."""
    call.outcome = Outcome.ANSWERED if call.answered_at else Outcome.NO_ANSWER
    if call.customer is None or not call.customer.up or not say(floor, call, [f"system:{prompt}"]):
        finish(floor, call, call.outcome, "agent")
    floor.touch(call)


def end(floor: Floor, number: str) -> None:
    for call in list(floor.calls.values()):
        if call.room is not None and call.room.number == number:
            remove(floor, call, "room-ended")


# -- recording ---------------------------------------------------------------------------------------


def record(floor: Floor, number: str, *, on: bool) -> None:
    """Keep the conference in the recording of one participant's call; everybody is told."""
    live = floor.rooms.live.get(number)
    if live is None or live.recording == on:
        return
    live.recording = on
    if on:
        for call in rooms.members(floor, number):
            say(floor, call, ["system:room-recorded"])
    follow_recording(floor, number)
    room_view.show(floor, number)


def follow_recording(floor: Floor, number: str) -> None:
    """Record whom it should be: when that participant leaves, the recording goes on with the next."""
    live = floor.rooms.live.get(number)
    if live is None:
        return
    calls = {call.id: call for call in rooms.members(floor, number)}
    wanted = ""
    if live.recording:
        bridged = [(call.id, call.answered_at or 0, bool(call.room and call.room.in_bridge)) for call in calls.values()]
        wanted = live.recorded if live.recorded in calls else rules.recorded_next(bridged)
    if wanted == live.recorded:
        return
    before, live.recorded = calls.get(live.recorded), wanted
    rooms.keep(floor, number)
    if before is not None and before.customer is not None:
        floor.commands.add(rooms.line_of(number), partial(floor.recorder.stop, before.customer.name))
    if wanted:
        _record(floor, calls[wanted], number)


def _record(floor: Floor, call: Call, number: str) -> None:
    if call.customer is None:
        return
    name = f"{call.id}-{len(call.recordings) + 1}"
    call.recordings.append(name)

    def failed(error: Exception) -> None:
        call.recordings.remove(name)
        if not isinstance(error, RecorderGoneError):
            log.error("room %s is not recorded: %s", number, error)

    floor.commands.add(rooms.line_of(number), partial(floor.recorder.start, call.customer.name, name), failed)
    floor.touch(call)


# -- inviting ----------------------------------------------------------------------------------------


def invite(floor: Floor, number: str, target: Dialled, caller: str) -> Call:
    """Ring somebody; the key 1 brings them in. Raises AlreadyInsideError, BusyPhoneError, PbxUnavailableError."""
    known = (call for call in floor.calls.values() if call.room is not None and call.room.number == number)
    if any(call.remote == target.number for call in known):
        raise AlreadyInsideError
    if target.kind is NumberClass.INTERNAL:
        return _ring_inside(floor, number, target.number)
    line = outside_line(floor, target.number)
    if line is None:
        raise PbxUnavailableError
    call = begin(floor, Direction.OUTBOUND, caller=caller, called=target.number)
    call.trunk = line.trunk
    floor.look_up(call)
    return _ring(floor, call, number, line)


def _ring_inside(floor: Floor, number: str, extension: str) -> Call:
    agent = agent_at(floor, extension)
    if agent is not None and floor.agent(agent).state is AgentState.SIGNED_OUT:
        agent = None
    if agent is not None and floor.agent(agent).state in OCCUPIED:
        raise BusyPhoneError
    call = begin(floor, Direction.INTERNAL, caller=extension, called=number)
    line = agent_line(floor, agent) if agent is not None else Line(f"PJSIP/{extension}")
    return _ring(floor, call, number, line, agent)


def _ring(floor: Floor, call: Call, number: str, line: Line, agent: int | None = None) -> Call:
    call.room = RoomPart(number, invited=True)
    leg = new_leg(floor, call, Purpose.INVITED, call.remote, agent)
    call.customer = leg
    set_phase(floor, call, Phase.RINGING, Segment("ring", clock.now_ms(), agent=agent, party=call.remote))
    if agent is not None:
        floor.distribute(Engaged(call.started_at, agent, call.id))

    async def originate() -> None:
        variables = {} if line.trunk else leg_variables(call)
        caller_id = line.caller_id(f"<{number}>")
        await floor.ari.originate(
            leg.channel, line.endpoint, f"leg,{call.id}", caller_id, line.seconds(RING_SECONDS), variables
        )

    def refused(error: Exception) -> None:
        log.info("call %s: %s cannot be rung: %s", call.id, line.endpoint, error)
        finish(floor, call, Outcome.FAILED, "system")

    floor.do(call, originate, refused)
    room_view.show(floor, number)
    return call


def picked_up(floor: Floor, call: Call, leg: Leg) -> None:
    """Whom we invited has answered: say what it is about and wait for the key."""
    leg.up = True
    set_phase(floor, call, Phase.FLOW, Segment("ivr", clock.now_ms(), party=call.room.number if call.room else ""))
    rooms.invite_again(floor, call)
    if call.room is not None:
        room_view.show(floor, call.room.number)
