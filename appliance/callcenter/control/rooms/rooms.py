"""Conference rooms in call control: coming in by PIN, hearing each other, going; and what is left after a restart."""

import asyncio
import logging
from collections import deque
from functools import partial

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.calls.model import Call, Leg, Outcome, Phase, Segment
from appliance.callcenter.control.entering import direct
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import answer, finish, set_phase
from appliance.callcenter.control.rooms import room_view
from appliance.callcenter.control.speech import say, stop_saying
from appliance.callcenter.rooms import pins, rules, store
from appliance.callcenter.rooms.model import Entrance, LiveRoom, RoomPart
from appliance.conditions import raise_condition
from appliance.pbx.ari_model import Bridge, Channel

log = logging.getLogger(__name__)

KEY_SECONDS = 12
"""How long one may think between keys."""
JOIN_KEY = "1"
BRIDGE = "conference-room-"
LOCKED_OUT = "room-pin"
"""The condition that is raised when somebody tries PINs."""


async def load(session: AsyncSession, floor: Floor) -> None:
    """After a start: which rooms were in use."""
    floor.rooms.live = await store.live(session)


def bridge_of(number: str) -> str:
    return f"{BRIDGE}{number}"


def line_of(number: str) -> str:
    """What the PBX has to do for one room is done in order."""
    return f"room {number}"


def members(floor: Floor, number: str) -> list[Call]:
    """Who is in the room."""
    return [call for call in floor.calls.values() if call.room and call.room.number == number and call.room.joined]


# -- coming in ---------------------------------------------------------------------------------------


def enter(floor: Floor, call: Call, number: str) -> None:
    """A caller has dialled the room: ask for the PIN, or let in."""
    entry = floor.directory.rooms.get(number)
    if entry is None or call.customer is None:
        finish(floor, call, Outcome.UNKNOWN_NUMBER, "system", "unallocated")
        return
    stop_saying(floor, call)
    answer(floor, call)
    if call.recordings:
        floor.do(call, partial(floor.recorder.stop, call.customer.name))
    call.room = RoomPart(number)
    set_phase(floor, call, Phase.FLOW, Segment("ivr", clock.now_ms(), party=number))
    room_view.show(floor, number)
    if rules.locked_out(floor.rooms.failures.get(number, ()), clock.now_ms()):
        refuse(floor, call, "room-refused")
    elif not entry.is_open(clock.now_ms()):
        refuse(floor, call, "room-closed")
    elif entry.asks:
        _ask(floor, call, "room-pin")
    else:
        join(floor, call, moderator=False)


def refuse(floor: Floor, call: Call, prompt: str) -> None:
    """Say why not, then hang up."""
    floor.rooms.entrances.pop(call.id, None)
    floor.stop_timer("room", call.id)
    call.outcome = Outcome.REJECTED
    floor.touch(call)
    if not say(floor, call, [f"system:{prompt}"]):
        finish(floor, call, Outcome.REJECTED, "system")


def _ask(floor: Floor, call: Call, *prompts: str) -> None:
    floor.rooms.entrances[call.id] = Entrance()
    if say(floor, call, [f"system:{prompt}" for prompt in prompts]):
        floor.stop_timer("room", call.id)
    else:
        _wait_for_key(floor, call)


def _wait_for_key(floor: Floor, call: Call) -> None:
    at = clock.now_ms() + KEY_SECONDS * 1000
    floor.set_timer("room", call.id, at, lambda: _too_slow(floor, call))


def _too_slow(floor: Floor, call: Call) -> None:
    if call.room is not None and not call.room.joined and call.id in floor.calls:
        _wrong(floor, call)


def digit(floor: Floor, call: Call, key: str) -> None:
    """A key of somebody who is in a room or wants to come in. Keys are not written down anywhere."""
    part = call.room
    if part is None:
        return
    if part.joined:
        floor.room_key(call, key)
    elif part.invited and call.customer is not None and call.customer.up:
        if key == JOIN_KEY:
            stop_saying(floor, call)
            join(floor, call, moderator=False)
    else:
        _pin_key(floor, call, key)


def _pin_key(floor: Floor, call: Call, key: str) -> None:
    entrance = floor.rooms.entrances.get(call.id)
    if entrance is None or entrance.checking:
        return
    stop_saying(floor, call)
    _wait_for_key(floor, call)
    if key == "*":
        entrance.digits = type(entrance.digits)()
    elif key != "#":
        entrance.digits = entrance.digits.plus(key)
    if key == "#" or len(entrance.digits) >= rules.LONGEST_PIN:
        entrance.checking = True
        floor.stop_timer("room", call.id)
        floor.commands.add(f"{call.id} pin", partial(_check, floor, call, entrance))


async def _check(floor: Floor, call: Call, entrance: Entrance) -> None:
    """Hashing takes a while: in a thread, and the call may have ended meanwhile."""
    entry = floor.directory.rooms.get(call.room.number) if call.room else None
    role = await asyncio.to_thread(pins.role_of, entry, entrance.digits) if entry is not None else ""
    if floor.rooms.entrances.pop(call.id, None) is not entrance or call.id not in floor.calls:
        return
    if role:
        join(floor, call, moderator=role == "moderator")
    else:
        _wrong(floor, call)


def _wrong(floor: Floor, call: Call) -> None:
    """No PIN, or not the right one: again, but not for ever."""
    part = call.room
    if part is None:
        return
    part.tries += 1
    if not part.invited:
        _count_failure(floor, part.number)
    if part.tries >= rules.TRIES:
        refuse(floor, call, "room-refused")
    elif part.invited:
        invite_again(floor, call)
    else:
        _ask(floor, call, "room-pin-wrong")
    floor.touch(call)


def invite_again(floor: Floor, call: Call) -> None:
    if not say(floor, call, ["system:room-invitation"]):
        _wait_for_key(floor, call)


def _count_failure(floor: Floor, number: str) -> None:
    now = clock.now_ms()
    failures = floor.rooms.failures.setdefault(number, deque())
    failures.append(now)
    while failures[0] <= now - rules.FAILURE_WINDOW_MS:
        failures.popleft()
    if len(failures) == rules.FAILURES:
        zh = f"会议室 {number} 的密码多次输错，疑似有人猜测密码，10 分钟内暂停凭密码加入"
        en = f"Too many wrong PINs at conference room {number}; nobody is let in by PIN for 10 minutes"
        log.warning("too many wrong PINs at room %s", number)

        def write(connection: Connection) -> None:
            raise_condition(connection, LOCKED_OUT, number, zh, en, now)

        floor.journal.store(write)


def join(floor: Floor, call: Call, *, moderator: bool) -> None:
    """Let the caller in, or say why not."""
    part = call.room
    entry = floor.directory.rooms.get(part.number) if part is not None else None
    if part is None or entry is None or call.customer is None:
        finish(floor, call, Outcome.FAILED, "system")
        return
    inside, live = members(floor, part.number), floor.rooms.live.get(part.number)
    now = clock.now_ms()
    why = rules.refusal(entry, live, len(inside), now, moderator=moderator, invited=part.invited)
    if why:
        refuse(floor, call, why)
        return
    floor.stop_timer("room", call.id)
    if live is None:
        live = floor.rooms.live[part.number] = LiveRoom(part.number, now, recording=entry.record)
        floor.commands.add(line_of(part.number), partial(floor.ari.create_bridge, bridge_of(part.number)))
        keep(floor, part.number)
    part.joined, part.moderator = True, moderator
    call.answered_at = call.answered_at or now
    call.talked_with = call.customer.agent
    set_phase(floor, call, Phase.TALKING, Segment("talk", now, agent=call.customer.agent, party=part.number))
    floor.do(call, partial(floor.ari.detect_talking, call.customer.channel))
    greeting = ["room-joined", *["room-recorded"] * live.recording, *["room-alone"] * (not inside)]
    if not say(floor, call, [f"system:{prompt}" for prompt in greeting]):
        played(floor, call)
    room_view.show(floor, part.number)


def played(floor: Floor, call: Call) -> None:
    """Something was said to the end."""
    part = call.room
    if part is None:
        return
    if not part.joined:
        _wait_for_key(floor, call)
    elif not part.ready:
        part.ready = True
        floor.touch(call)
        arrange(floor, part.number)
    elif call.customer is not None and not part.in_bridge:
        _music(floor, call.customer, part.number)


# -- being inside ------------------------------------------------------------------------------------


def arrange(floor: Floor, number: str) -> None:
    """Two or more talk; one alone hears music. Also keeps the recording going when its telephone has left."""
    calls = {call.id: call for call in members(floor, number)}
    placing = rules.place({key: call.room for key, call in calls.items() if call.room is not None})
    for key in placing.into:
        _into_bridge(floor, calls[key], number)
    for key in placing.out:
        _out_of_bridge(floor, calls[key], number)
    for call in calls.values():
        part = call.room
        if part and part.ready and not part.in_bridge and call.customer and call.id not in floor.playbacks:
            _music(floor, call.customer, number)
    floor.room_recording(number)
    room_view.show(floor, number)


def _into_bridge(floor: Floor, call: Call, number: str) -> None:
    if call.room is None or call.customer is None:
        return
    call.room.in_bridge = True
    channel, line = call.customer.channel, line_of(number)
    if call.customer.music:
        call.customer.music = False
        floor.commands.add(line, partial(floor.ari.stop_music, channel))
    floor.commands.add(line, partial(floor.ari.add_to_bridge, bridge_of(number), channel))
    if call.room.muted:
        floor.commands.add(line, partial(floor.ari.mute, channel, on=True))
    floor.touch(call)


def _out_of_bridge(floor: Floor, call: Call, number: str) -> None:
    if call.room is None or call.customer is None:
        return
    call.room.in_bridge = False
    floor.commands.add(line_of(number), partial(floor.ari.remove_from_bridge, bridge_of(number), call.customer.channel))
    floor.touch(call)
    floor.commands.add(line_of(number), partial(_tell_alone, floor, call))


async def _tell_alone(floor: Floor, call: Call) -> None:
    if call.id in floor.calls and call.outcome is None:
        say(floor, call, ["system:room-alone"])


def _music(floor: Floor, leg: Leg, number: str) -> None:
    if not leg.music:
        leg.music = True
        floor.commands.add(line_of(number), partial(floor.ari.start_music, leg.channel))


def mute(floor: Floor, call: Call, *, on: bool) -> None:
    """The participant is not heard, and is told so."""
    if call.room is None or call.customer is None or call.room.muted == on:
        return
    call.room.muted = on
    floor.commands.add(line_of(call.room.number), partial(floor.ari.mute, call.customer.channel, on=on))
    say(floor, call, ["system:room-muted" if on else "system:room-unmuted"])
    floor.touch(call)
    room_view.show(floor, call.room.number)


def talking(floor: Floor, channel: str, *, on: bool) -> None:
    """Somebody in a room begins or ends to speak."""
    call = floor.call_of(channel)
    if call is None or call.room is None:
        return
    (floor.rooms.talking.add if on else floor.rooms.talking.discard)(call.id)
    room_view.show(floor, call.room.number)


def keep(floor: Floor, number: str) -> None:
    """Store what lasts of the room."""
    live = floor.rooms.live.get(number)
    floor.journal.store(store.keep(number, live))


# -- going -------------------------------------------------------------------------------------------


def gone(floor: Floor, call: Call, cause: int) -> None:
    """The participant's channel has ended."""
    floor.channels.pop(call.customer.channel if call.customer else "", None)
    rang = call.room is not None and call.room.invited and not (call.customer and call.customer.up)
    call.customer = None
    if call.outcome is not None:
        finish(floor, call, call.outcome, "caller")
    elif call.answered_at is not None:
        finish(floor, call, Outcome.ANSWERED, "caller")
    else:
        finish(floor, call, direct.outcome_of(cause) if rang else Outcome.SELF_SERVICE, "caller")


def left(floor: Floor, call: Call) -> None:
    """A call with a part in a room is over; `lifecycle.finish` tells."""
    if call.room is None:
        return
    number, book = call.room.number, floor.rooms
    book.entrances.pop(call.id, None)
    book.talking.discard(call.id)
    book.starred.discard(call.id)
    floor.stop_timer("room", call.id)
    if call.room.joined and not members(floor, number):
        book.live.pop(number, None)
        floor.commands.add(line_of(number), partial(floor.ari.destroy_bridge, bridge_of(number)))
        keep(floor, number)
        room_view.show(floor, number)
    elif call.room.joined:
        arrange(floor, number)
    else:
        room_view.show(floor, number)


# -- after a restart ---------------------------------------------------------------------------------


def adopt(floor: Floor, call: Call, channels: dict[str, Channel]) -> None:
    """Go on with somebody in a room, or on the way in, as far as the channel still exists."""
    part = call.room
    for leg in call.legs():
        floor.index(call, leg)
    if part is None:
        return
    if call.customer is None or call.customer.channel not in channels:
        finish(floor, call, call.outcome or (Outcome.ANSWERED if call.answered_at else Outcome.CUT), "system")
    elif call.outcome is not None:
        finish(floor, call, call.outcome, "system")
    elif part.joined:
        part.ready = True
        floor.touch(call)
    elif part.invited and channels[call.customer.channel].state == "Up":
        call.customer.up = True
        invite_again(floor, call)
    elif not part.invited:
        _ask(floor, call, "room-pin")


def settle(floor: Floor, bridges: dict[str, Bridge]) -> None:
    """When all calls are adopted: rooms nobody is in any more are closed, the others look round who is there."""
    used = {call.room.number for call in floor.calls.values() if call.room is not None and call.room.joined}
    for number in [number for number in floor.rooms.live if number not in used]:
        del floor.rooms.live[number]
        keep(floor, number)
    for key in bridges:
        if key.startswith(BRIDGE) and key.removeprefix(BRIDGE) not in used:
            floor.commands.add("orphans", partial(floor.ari.destroy_bridge, key))
    for number in used:
        floor.rooms.live.setdefault(number, LiveRoom(number, clock.now_ms()))
        inside = set(bridges[bridge_of(number)].channels) if bridge_of(number) in bridges else set()
        if bridge_of(number) not in bridges:
            floor.commands.add(line_of(number), partial(floor.ari.create_bridge, bridge_of(number)))
        for call in members(floor, number):
            if call.room is not None and call.customer is not None:
                call.room.in_bridge = call.customer.channel in inside
        arrange(floor, number)
