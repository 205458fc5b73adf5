"""Agents at a number outside: whoever answers hears who is calling, and takes the call with a key.

So a mailbox, or somebody else in the house, never takes a patient's call.
"""

import logging
from functools import partial

from appliance import clock
from appliance.callcenter.calls.model import Call, Leg
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.speech import media_of

log = logging.getLogger(__name__)

ACCEPT, REFUSE = "1", "2"
KEY_SECONDS = 20
TIMES_SAID = 2


def must_press(leg: Leg) -> bool:
    """Whether the answer of this leg does not count yet."""
    return leg.by_key and not leg.up


def ask(floor: Floor, call: Call, leg: Leg) -> None:
    """Tell the one who answered who is calling, and which key takes the call."""
    media = media_of(floor, _words(call)) * TIMES_SAID
    log.info("call %s: %s is asked for the key", call.id, leg.party)
    floor.set_timer("key", leg.channel, clock.now_ms() + KEY_SECONDS * 1000, partial(_end, floor, call, leg, "normal"))
    if media:
        floor.do(call, partial(floor.ari.play, leg.channel, ",".join(media), f"{leg.channel}-ask"))


def _words(call: Call) -> list[str]:
    digits = [f"system:digit-{digit}" for digit in call.remote if digit.isdigit()]
    return ["system:remote-call", *digits, "system:remote-key"]


def pressed(floor: Floor, call: Call, leg: Leg, key: str) -> bool:
    """A key of one who was asked; True when the call is taken."""
    if key == REFUSE:
        _end(floor, call, leg, "busy")
    if key != ACCEPT:
        return False
    leg.by_key = False
    floor.stop_timer("key", leg.channel)
    floor.do(call, partial(floor.ari.stop_playback, f"{leg.channel}-ask"))
    return True


def _end(floor: Floor, call: Call, leg: Leg, reason: str) -> None:
    """Nobody pressed: what follows is what follows when a telephone is not answered."""
    if leg.channel in floor.channels:
        floor.do(call, partial(floor.ari.hang_up, leg.channel, reason))
