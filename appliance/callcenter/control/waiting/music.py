"""Music for a party that waits. Whether it plays is kept with the leg: started once, stopped once, only from here."""

from functools import partial

from appliance.callcenter.calls.model import Call, Leg
from appliance.callcenter.control.floor import Floor


def start(floor: Floor, call: Call, leg: Leg | None) -> None:
    """Let `leg` hear music; nothing happens where it plays already."""
    if leg is not None and not leg.music:
        leg.music = True
        floor.send(call, partial(floor.ari.start_music, leg.channel))


def stop(floor: Floor, call: Call, leg: Leg | None) -> None:
    """No more music for `leg`; nothing happens where none plays."""
    if leg is not None and leg.music:
        leg.music = False
        floor.send(call, partial(floor.ari.stop_music, leg.channel))


def replaced(leg: Leg | None) -> None:
    """Something is played to `leg`: Asterisk ends its music by itself."""
    if leg is not None:
        leg.music = False
