"""A second partner is heard in the recording where the bridge mixes: made once, for calls that are passed on."""

import pytest

from appliance.callcenter.calls.model import Direction, Purpose
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import new_leg
from appliance.callcenter.control.talking import talks
from tests.unit.test_music import Line, begun, floor, line

__all__ = ["floor", "line"]


@pytest.mark.req("REC-1")
async def test_only_the_second_partner_needs_a_bridge_that_mixes(floor: Floor, line: Line) -> None:
    call = begun(floor, Direction.INBOUND)
    for partners in (1, 2, 3):
        talks.connect(floor, call, new_leg(floor, call, Purpose.DIRECT, "8001"))
        await floor.commands.drain(call.id)
        call.recordings = ["c-1"]
        made = [one for one in line.asked if one == "POST bridges"]
        assert (len(made), call.mixed) == (min(partners, 2), partners > 1)
    assert sum(one.startswith("DELETE") for one in line.asked) == 1
