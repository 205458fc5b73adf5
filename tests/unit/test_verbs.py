"""Verbs: each is documented, labelled in both languages, and refuses what it does not understand."""

from pathlib import Path
from typing import Annotated

import msgspec
import pytest

from appliance.callcenter.control.actor import Actor
from appliance.callcenter.desk import Desk
from appliance.callcenter.verbs.catalogue import VERBS
from appliance.callcenter.verbs.verb import WEBCTI, Request, Verb, told
from appliance.db import open_engine, sessions
from appliance.errors import InvalidError, NotFoundError, UserError
from appliance.webadmin.permissions import Permission
from tests.quiet_floor import quiet_floor

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
    return Desk(quiet_floor(tmp_path), sessions(open_engine(f"sqlite+aiosqlite:///{tmp_path}/hcc.db")))


@pytest.mark.req("CTI-2")
@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_verb_has_labels_and_stands_in_the_manual(verb: Verb) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "integrators.md").read_text()
    assert f"`{verb.name}`" in manual
    assert verb.zh in manual
    assert verb.en
    assert verb.text.endswith(".")
    assert verb.text_zh.endswith("。"), f'give {verb.name} a text_zh="…。"'


@pytest.mark.req("CTI-2", "CTI-4")
@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_argument_is_described_in_both_languages(verb: Verb) -> None:
    Permission(verb.permission)
    for kind in (verb.arguments, verb.answer):
        for name, schema in msgspec.json.schema_components([kind])[1][kind.__name__]["properties"].items():
            hint = f'{verb.name}: write {name}: Annotated[…, told("中文", "English")]'
            assert schema.get("description"), hint
            assert schema.get("x-description-zh"), hint


@pytest.mark.req("CTI-4")
def test_programs_are_not_offered_what_belongs_to_our_own_pages_or_to_managers() -> None:
    names = [verb.name for verb in VERBS]
    assert len(names) == len({*names}), "each verb once"
    assert {verb.name for verb in VERBS if verb.offered} >= {"sign_in", "dial", "transfer"}
    assert "take_over" not in {verb.name for verb in VERBS if verb.offered}
    assert all(verb.permission == "desk.use" for verb in VERBS if verb.offered)


@pytest.mark.req("CTI-4")
async def test_what_a_program_asks_leaves_an_audit_line_without_secrets(desk: Desk, tmp_path: Path) -> None:
    program = Actor(0, "webcti:his", "agent", None, "192.0.2.1", channel=WEBCTI)

    class Arguments(msgspec.Struct):
        digits: Annotated[str, told("按键", "keys", secret=True)]
        on: Annotated[bool, told("开", "on")] = False

    async def run(_request: Request, _arguments: Arguments) -> None:
        return None

    probe = Verb("probe", "试", "Probe", "Probes.", Arguments, run)
    journal = desk._floor.journal
    await probe.perform(Request(desk._floor, desk._sessions, program), {"digits": "4711"})
    ((_table, line),) = journal._rows
    assert (line["login"], line["action"], line["user_id"]) == ("webcti:his", "verb", None)
    assert "digits: …" in line["detail"]
    assert "4711" not in line["detail"]
    person = Actor(1, "agent1", "agent", 1, "192.0.2.1")
    await probe.perform(Request(desk._floor, desk._sessions, person), {"digits": "4711"})
    assert len(journal._rows) == 1


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
