"""What conference and consultation have in common: letting somebody go who is neither customer nor partner."""

from appliance import clock
from appliance.callcenter.acd.events import Engaged, TalkEnded
from appliance.callcenter.calls.model import Call, Leg
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import hang_up_leg


def let_go(floor: Floor, call: Call, leg: Leg) -> None:
    """End the leg; an agent there is free at once: no form is owed for having been asked."""
    if leg.channel in floor.channels:
        hang_up_leg(floor, call, leg)
    if leg.agent is not None:
        free(floor, call, leg.agent)


def free(floor: Floor, call: Call, agent: int) -> None:
    """The agent has nothing to do with the call any more."""
    floor.distribute(TalkEnded(clock.now_ms(), agent, call.id, 0))


def free_ringing(floor: Floor, call: Call, agent: int) -> None:
    """The same for one whom distribution had reserved before it forgot about it (a restart)."""
    floor.distribute(Engaged(clock.now_ms(), agent, call.id))
    free(floor, call, agent)
