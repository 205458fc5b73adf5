"""Scheduled rooms call those who are invited when they begin: once, whatever happens to call control meanwhile."""

import asyncio
import logging
from functools import partial

from appliance import clock
from appliance.callcenter.control.entering import limits
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.rooms import room_desk, rooms
from appliance.callcenter.rooms import rules, store
from appliance.callcenter.rooms.model import RoomEntry
from appliance.errors import UserError
from appliance.pbx.numbers import NumberClass, classify

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0


async def watch(floor: Floor) -> None:
    """Until cancelled: look which rooms begin."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if floor.pbx_up:
            tend(floor, clock.now_ms())


def tend(floor: Floor, now: clock.Millis) -> None:
    """Call for the rooms that begin now. It is on disk before the first telephone rings."""
    called = floor.rooms.called
    for number, entry in floor.directory.rooms.items():
        if entry.opens_at is not None and rules.call_now(entry, called.get(number, entry.called_for), now):
            called[number] = entry.opens_at
            floor.journal.store(store.note_called(number, entry.opens_at))
            ring = partial(floor.commands.add, rooms.line_of(number), partial(call_all, floor, entry))
            floor.journal.then(ring)


async def call_all(floor: Floor, entry: RoomEntry) -> None:
    """Ring everybody who is invited and not there; who cannot be rung is named in the log."""
    log.info("room %s begins: %d are called", entry.number, len(entry.invitees))
    for text in entry.invitees:
        try:
            _call(floor, entry.number, text)
        except UserError as error:
            log.info("room %s: %s is not called: %s", entry.number, text, error.code)


def _call(floor: Floor, room: str, text: str) -> None:
    target = classify(text, floor.directory.numbering)
    if target.kind is NumberClass.INTERNAL:
        if target.number not in floor.directory.extensions:
            log.info("room %s: there is no extension %s", room, target.number)
            return
    elif (reason := limits.house_refusal(floor, target)) is not None:
        limits.note_refused(floor, room, target, reason)
        return
    room_desk.invite(floor, room, target, room)
