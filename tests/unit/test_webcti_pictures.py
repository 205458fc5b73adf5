"""What a program that begins to follow events is shown first: a state that may be a second old."""

import json
from pathlib import Path

import pytest

from appliance import clock
from appliance.callcenter.acd.model import AcdState, Agent, AgentState
from appliance.callcenter.control.directory import AgentEntry, Directory
from appliance.callcenter.integrations import documents
from appliance.callcenter.integrations.model import ApiKey, Caller, Document, Scope
from appliance.callcenter.integrations.pictures import Pictures
from tests.quiet_floor import quiet_floor

pytestmark = pytest.mark.req("CTI-4")


class Site:
    """One agent, and how many times her state was looked at."""

    def __init__(self, folder: Path, **given: float) -> None:
        entry = AgentEntry(1, 1, "1001", "王芳", "zh_CN", "sip", "8001", frozenset())
        self.floor = quiet_floor(folder, directory=Directory(agents={1: entry}))
        self.seq = self.looked = 0
        self.pictures = Pictures(self._state, **given)

    def _state(self, caller: Caller) -> Document:
        self.looked += 1
        agents = [documents.agent_document(self.floor, 1)] if caller.may_act_for("1001") else []
        return {"seq": self.seq, "now": clock.now_ms(), "agents": agents}

    def busy(self) -> None:
        self.floor.acd = AcdState(agents={1: Agent(1, state=AgentState.BUSY, cause="meal")})
        self.seq += 1

    def shown(self, caller: Caller) -> tuple[int, Document]:
        seq, text = self.pictures.of(caller)
        return seq, json.loads(text)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def caller(number: int = 1, agents: tuple[str, ...] = (), agent: str = "") -> Caller:
    scopes = frozenset(Scope)
    return Caller(ApiKey(number, "his", "p", scopes, agents=agents), scopes, agent)


def test_within_a_second_all_who_may_see_the_same_get_the_same_and_the_clock_of_now(site: Site) -> None:
    first = site.shown(caller(1))
    site.busy()
    seq, state = site.shown(caller(2))
    assert (seq, state["agents"]) == (0, first[1]["agents"])
    assert site.looked == 1
    assert first[1]["now"] <= state["now"] <= clock.now_ms()


@pytest.mark.parametrize("other", [caller(agents=("1002",)), caller(agent="1002")], ids=["key", "token"])
def test_who_may_see_less_never_gets_what_others_see(site: Site, other: Caller) -> None:
    assert site.shown(caller())[1]["agents"]
    assert site.shown(other)[1]["agents"] == []
    assert site.shown(caller())[1]["agents"]


def test_afterwards_it_is_taken_anew(tmp_path: Path) -> None:
    site = Site(tmp_path, fresh_seconds=0.0)
    site.shown(caller())
    site.busy()
    seq, state = site.shown(caller())
    assert (seq, state["agents"][0]["state"]) == (1, "busy")
