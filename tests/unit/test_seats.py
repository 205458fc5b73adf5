"""Whose telephone an extension is: of the agent who works there now, which need not be the one it belongs to."""

from dataclasses import replace
from pathlib import Path

import pytest

from appliance.callcenter.acd.model import AgentState
from appliance.callcenter.call_limits.model import NOTHING, Reason, Scope
from appliance.callcenter.call_limits.model import Rules as OutsideRules
from appliance.callcenter.calls.model import Call, Direction, Leg, Purpose
from appliance.callcenter.control.directory import AgentEntry, Directory
from appliance.callcenter.control.endpoints import agent_at, agent_behind
from appliance.callcenter.control.entering import limits, target_list
from appliance.callcenter.control.entering.targets import TargetAwayError, chosen
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.rooms import room_view
from appliance.callcenter.control.waiting.ringing import agent_id
from appliance.callcenter.extensions.tables import ExtensionRow
from appliance.callcenter.rooms.model import RoomEntry, RoomPart
from appliance.pbx.numbers import Dialled, NumberClass
from tests.quiet_floor import quiet_floor

OWNER, GUEST, ASKING = 1, 2, 3
ROOM = RoomEntry(1, "6900", "会诊", "", "", None, None, False, 10, (), "")
MOBILE = Dialled("13900000001", NumberClass.MOBILE)


def _entry(key: int, name: str, role: str = "agent") -> AgentEntry:
    return AgentEntry(key, key, f"100{key}", name, "zh_CN", "sip", f"800{key}", frozenset(), role)


@pytest.fixture
def floor(tmp_path: Path) -> Floor:
    """The guest, a shift manager, is signed in at the owner's telephone 8001; the owner has gone home."""
    people = {1: _entry(1, "主人"), 2: _entry(2, "客人", "manager"), 3: _entry(3, "问的人")}
    rows = [ExtensionRow(number=f"800{key}", name=f"{key}号桌", outside_calls=True) for key in people]
    directory = Directory(
        agents=people,
        extensions={row.number: row for row in rows},
        agents_by_extension={entry.extension: entry.id for entry in people.values()},
        outside=OutsideRules(limits={(Scope.ROLE, "agent"): NOTHING, (Scope.ROLE, "phone"): NOTHING}),
        rooms={ROOM.number: ROOM},
    )
    floor = quiet_floor(tmp_path, directory=directory)
    agents = {key: replace(floor.agent(key), phone="sip") for key in people}
    agents[GUEST] = replace(agents[GUEST], state=AgentState.READY, extension="8001")
    agents[ASKING] = replace(agents[ASKING], state=AgentState.READY)
    floor.acd = replace(floor.acd, agents=agents)
    return floor


@pytest.mark.req("AGT-1")
def test_a_telephone_is_of_who_works_there_and_of_its_owner_only_while_she_is_at_it(floor: Floor) -> None:
    assert [agent_at(floor, extension) for extension in ("8001", "8002", "8003", "")] == [GUEST, None, ASKING, None]
    assert [agent_behind(floor, endpoint) for endpoint in ("8001", "web1", "trunk-x")] == [GUEST, OWNER, None]
    assert agent_id(floor, GUEST) == '"客人" <8001>'


@pytest.mark.req("PBX-10")
async def test_what_may_be_dialled_there_is_what_she_may(floor: Floor) -> None:
    def refusal(extension: str) -> Reason | None:
        return limits.phone_refusal(floor, extension, agent_at(floor, extension), MOBILE)

    assert refusal("8001") is None, "a manager at an agent's telephone"
    assert refusal("8002") is Reason.NOT_ALLOWED, "nobody is at the manager's own one"
    assert refusal("8003") is Reason.NOT_ALLOWED


@pytest.mark.req("CTI-2")
async def test_the_list_of_targets_has_telephones_at_which_nobody_works(floor: Floor) -> None:
    found = [(one["number"], one["name"]) for one in await target_list.listed(floor) if one["kind"] == "extension"]
    assert found == [("8002", "2号桌")]
    with pytest.raises(TargetAwayError):
        chosen(floor, "1001", "agent", ASKING, "")


@pytest.mark.req("PBX-6")
async def test_a_room_shows_who_really_sits_at_the_telephone(floor: Floor) -> None:
    for key in ("8001", "8002"):
        call = Call(key, Direction.INTERNAL, 0, caller=key, called=ROOM.number, room=RoomPart(ROOM.number, joined=True))
        call.customer = Leg(key, Purpose.CUSTOMER, up=True)
        floor.calls[key] = call
    shown = room_view.document(floor, ROOM.number)["members"]
    assert [member["name"] for member in shown] == ["客人", "2号桌"]
