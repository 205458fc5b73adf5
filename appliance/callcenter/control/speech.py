"""Saying things to a caller: prompt names to media, one playback at a time."""

from collections.abc import Iterable
from functools import partial

from appliance.callcenter.calls.model import Call
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.waiting import music
from appliance.db import new_id


def media_of(floor: Floor, prompts: Iterable[str]) -> list[str]:
    """ARI media for prompt names; a prompt that is not rendered yet is left out."""
    known = (floor.sounds.path(name, floor.directory.prompts) for name in prompts)
    return [f"sound:{path.with_suffix('')}" for path in known if path is not None]


def say(floor: Floor, call: Call, prompts: Iterable[str]) -> bool:
    """Play prompts to the customer; False when there is nothing to play (then no end is reported)."""
    media = media_of(floor, prompts)
    if call.customer is None or not media:
        floor.playbacks.pop(call.id, None)
        return False
    playback = f"{call.id}-{new_id()}"
    floor.playbacks[call.id] = call.playback = playback
    music.replaced(call.customer)
    floor.send(call, partial(floor.ari.play, call.customer.channel, ",".join(media), playback))
    return True


def stop_saying(floor: Floor, call: Call) -> None:
    playback = floor.playbacks.pop(call.id, None)
    if playback is not None:
        floor.send(call, partial(floor.ari.stop_playback, playback))
