"""Keys of a caller that nobody asked for in particular: the flow hears them, the rating, else the queue."""

from appliance.callcenter.calls.model import Call, Phase
from appliance.callcenter.control.entering import flows
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.talking import ratings
from appliance.callcenter.control.waiting import queueing


def digit(floor: Floor, call: Call, key: str) -> None:
    """The caller pressed `key`."""
    if call.phase is Phase.RATING:
        ratings.digit(floor, call, key)
    elif call.id in floor.flows_in_use:
        flows.digit(floor, call, key)
    else:
        queueing.digit(floor, call, key)
