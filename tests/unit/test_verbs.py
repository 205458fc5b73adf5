"""Verbs: each is documented, labelled in both languages, and refuses what it does not understand."""

from pathlib import Path

import pytest

from appliance.callcenter.control.actor import Actor
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.phone_key import PhoneKey
from appliance.callcenter.control.sounds import Sounds
from appliance.callcenter.desk import Desk
from appliance.callcenter.live.journal import LiveJournal
from appliance.callcenter.verbs.catalogue import VERBS
from appliance.callcenter.verbs.verb import Verb
from appliance.db import open_engine, open_plain_engine, sessions
from appliance.errors import InvalidError, NotFoundError, UserError
from appliance.pbx.ami import Recorder
from appliance.pbx.ari import AriClient

NASTY = (
    {"surprise": 1},
    {"number": 1},
    {"phone": "fax"},
    {"cause": None},
    {"digits": "1&2"},
    {"target": "x" * 300},
    {"patient_id": "1; drop table"},
    {"seconds": 10**30},
    {"on": "yes"},
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Call control without a PBX and with an empty directory."""
    url = f"sqlite+aiosqlite:///{tmp_path}/hcc.db"
    floor = Floor(
        ari=AriClient("http://127.0.0.1:1/ari", "hcc", "hcc"),
        recorder=Recorder("127.0.0.1", 1, "hcc", str(tmp_path)),
        journal=LiveJournal(open_plain_engine(url), "test"),
        sounds=Sounds(tmp_path, {}),
        phone_key=PhoneKey(tmp_path / "key"),
    )
    return Desk(floor, sessions(open_engine(url)))


@pytest.mark.req("CTI-2")
@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_verb_has_labels_and_stands_in_the_manual(verb: Verb) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "integrators.md").read_text()
    assert f"`{verb.name}`" in manual
    assert verb.zh in manual
    assert verb.en
    assert verb.text.endswith(".")


@pytest.mark.req("CTI-2")
@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
@pytest.mark.parametrize("arguments", NASTY, ids=str)
async def test_verb_refuses_nasty_arguments_with_a_clear_error(desk: Desk, verb: Verb, arguments: dict) -> None:
    somebody = Actor(1, "agent1", "agent", 1, "192.0.2.1")
    with pytest.raises(UserError) as refusal:
        await desk.perform(somebody, verb.name, arguments)
    assert refusal.value.text("zh_CN")
    assert refusal.value.text("en")


@pytest.mark.req("CTI-2")
async def test_unknown_verb_and_unknown_argument_are_named(desk: Desk) -> None:
    somebody = Actor(1, "agent1", "agent", 1, "192.0.2.1")
    with pytest.raises(NotFoundError):
        await desk.perform(somebody, "explode", {})
    with pytest.raises(InvalidError, match="surprise"):
        await desk.perform(somebody, "ready", {"surprise": 1})
