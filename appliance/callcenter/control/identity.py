"""The SIP dialog identity of each leg, kept so that a call can be taken over by another node (HA-7).

One ARI request per leg reads everything: `EVAL()` lets a single variable request carry several functions. The parts
are separated by `|`; a part the leg does not have is empty.
"""

import contextlib
from functools import partial

from appliance.callcenter.calls.model import Call, Leg
from appliance.callcenter.control.floor import Floor
from appliance.pbx.ari import AriError

PARTS = (
    "CHANNEL(pjsip,call-id)",
    "CHANNEL(pjsip,local_tag)",
    "CHANNEL(pjsip,remote_tag)",
    "CHANNEL(pjsip,local_uri)",
    "CHANNEL(pjsip,remote_uri)",
    "CHANNEL(pjsip,target_uri)",
    "CHANNEL(pjsip,request_uri)",
    "CHANNEL(pjsip,local_addr)",
    "CHANNEL(pjsip,remote_addr)",
    "CHANNEL(rtp,src)",
    "CHANNEL(rtp,dest)",
    "CHANNEL(audioreadformat)",
    "CHANNEL(endpoint)",
    "HCC_ROUTE",
)

ONLY_ARRIVED = frozenset({"CHANNEL(pjsip,local_addr)", "CHANNEL(pjsip,remote_addr)"})
"""Asterisk knows these only for legs that came to it, and complains when asked for others."""


def _query(*, made_here: bool) -> str:
    wanted = ("" if made_here and part in ONLY_ARRIVED else "${" + part + "}" for part in PARTS)
    return "EVAL(" + "|".join(wanted) + ")"


QUERIES = {made_here: _query(made_here=made_here) for made_here in (False, True)}


def note(floor: Floor, call: Call) -> None:
    """Read the identity of the call's legs that have none yet, behind everything more urgent."""
    for leg in call.legs():
        if not leg.dialog:
            floor.send(call, partial(_read, floor, call, leg))


async def _read(floor: Floor, call: Call, leg: Leg) -> None:
    if call.id not in floor.calls:
        return
    with contextlib.suppress(AriError):
        leg.dialog = await floor.ari.variable(leg.channel, QUERIES[leg.channel.startswith(call.id)])
        if call.id in floor.calls:
            floor.journal.call(call)
