"""What gives a caller a head start in queues."""

from appliance import clock
from appliance.callcenter.calls.model import Call, Outcome
from appliance.callcenter.control.floor import Floor
from appliance.text import lookup_number

VIP_POINTS = 100
CUT_OFF_POINTS = 50
"""For a caller whose last call we lost, beside what she would have anyway."""

CUT_OFF_MS = 30 * 60_000
"""So long after it."""

CUT_OFF_KEPT = 1000


def points(floor: Floor, call: Call) -> int:
    """VIP, and cut off a short while ago."""
    lost_at = floor.cut_off.get(lookup_number(call.remote), 0)
    cut_off = clock.now_ms() - lost_at <= CUT_OFF_MS
    return (VIP_POINTS if call.vip else 0) + (CUT_OFF_POINTS if cut_off else 0)


def note_end(floor: Floor, call: Call) -> None:
    """When the telephone system failed during the call, its caller will probably call again."""
    number = lookup_number(call.remote)
    if number and call.outcome is Outcome.CUT:
        floor.cut_off.pop(number, None)
        floor.cut_off[number] = clock.now_ms()
        while len(floor.cut_off) > CUT_OFF_KEPT:
            del floor.cut_off[next(iter(floor.cut_off))]
