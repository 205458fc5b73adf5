"""Talks whose customer gets another partner move into a bridge that always mixes.

Two in an ordinary bridge have their packets passed on as they are. The recorder takes those of a second partner for
late ones of the first when their numbers are lower (they begin at random), and loses them: measured, 5 of 12
recordings had nothing of the second partner. Mixing numbers them anew. It costs more, so only talks that are passed
on pay for it.
"""

from functools import partial

from appliance.callcenter.calls.model import Call
from appliance.callcenter.control.floor import Floor
from appliance.db import new_id


def move(floor: Floor, call: Call, *channels: str) -> None:
    """Bring `channels` into a bridge that mixes; nothing happens where the talk is in one already."""
    if not call.mixed:
        old, call.bridge, call.mixed = call.bridge, f"{new_id()}-b", True
        floor.do(call, partial(floor.ari.create_bridge, call.bridge, always_mix=True))
        floor.do(call, partial(floor.ari.add_to_bridge, call.bridge, *channels))
        floor.do(call, partial(floor.ari.destroy_bridge, old))
