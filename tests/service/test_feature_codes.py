"""An agent works all day with nothing but her desk phone."""

import pytest

from tests import center as at
from tests.center import PYTHON, Center
from tests.desk_client import DeskClient, RefusedError
from tests.service.conftest import Announced, MakeDesk, MakePhone
from tests.sip.phone import Phone
from tests.sip.waiting import until
from tests.tones import loudness

PIN = "7391"
SET_PIN = f"""
import asyncio
from appliance import config, db
from appliance.callcenter.people.passwords import Passwords
from appliance.callcenter.people.pins import Pins
async def main():
    engine = db.open_engine(config.load().database.url)
    await Pins(db.sessions(engine), Passwords()).store(7, "{PIN}")
asyncio.run(main())
"""


async def _dial(telephone: Phone, code: str) -> None:
    """Dial a code and listen to its answer to the end."""
    before = len(telephone.events)
    await telephone.dial(code)
    await telephone.talks(after=before)
    await telephone.ended(12, after=before)


@pytest.mark.req("AGT-1", "ACD-8", "CTI-2")
async def test_agent_works_with_the_desk_phone_alone(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    telephone, board = await phone(8001), await desk("manager", page="board")

    async def state(wanted: str, cause: str = "") -> None:
        await board.until(
            lambda: (board.agents[1]["state"], board.agents[1]["cause"]) == (wanted, cause), 5, f"{wanted} {cause}"
        )

    await _dial(telephone, "*11")
    await state("busy", "signed_in")
    await _dial(telephone, "*13")
    await state("ready")
    patient = await caller("13960000001")
    await patient.dial(at.QUEUE_DID)
    await state("talking")
    await patient.hang_up()
    await state("wrap_up")
    await until(lambda: telephone.count("CALL_CLOSED") >= 3, 5, "the talk is over")
    await _dial(telephone, "*153")
    await state("ready")
    record = await center.interaction("13960000001")
    forms = center.query("SELECT outcome FROM wrap_up WHERE interaction_id = :key", {"key": record["id"]})
    assert [form["outcome"] for form in forms] == ["follow_up"]
    await _dial(telephone, "*142")
    await state("busy", "meal")
    await telephone.listen_anew()
    await _dial(telephone, "*10")
    assert loudness(telephone.heard()) > -40, "the state is spoken"
    await _dial(telephone, "*12")
    await state("signed_out")


async def _talks_there(telephone: Phone, hers: Phone, board: DeskClient, patient: Phone) -> None:
    """It is her telephone now, and her own is nobody's: a manager may listen with that one only."""
    await _dial(telephone, "*13")
    await board.until(lambda: board.agents[7]["state"] == "ready", 5, "ready")
    before = len(telephone.events)
    await patient.dial(at.PLAIN_DID)
    await board.until(lambda: board.agents[7]["state"] == "talking", 8, "she talks there")
    call = board.agents[7]["call"]
    with pytest.raises(RefusedError) as refused:
        await board.verb("supervise", call=call, mode="listen", phone=str(at.SPARE))
    assert refused.value.code == "phone-not-usable"
    await board.verb("supervise", call=call, mode="listen", phone="8007")
    await until(lambda: loudness(hers.heard(0.4)) > -40, 6, "the manager hears them at it")
    await patient.hang_up()
    await board.until(lambda: board.agents[7]["state"] == "ready", 5, "the talk is over")
    await telephone.ended(after=before)


@pytest.mark.req("AGT-1", "SEC-2")
async def test_agent_signs_in_at_anothers_phone_with_number_and_pin(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk, announced: Announced
) -> None:
    center.box.run(PYTHON, "-", user="hcc", stdin=SET_PIN)
    telephone, board = await phone(at.SPARE), await desk("manager", page="board")
    await _dial(telephone, "*77")
    assert loudness(telephone.heard()) > -40, "an unknown code is answered in words"
    began = center.box.run("date", "+%Y-%m-%d %H:%M:%S.%6N").strip()
    before = len(telephone.events)
    await telephone.dial("*11")
    await telephone.talks(after=before)
    await telephone.press("1007#")
    await telephone.press("1948#")
    await telephone.press(f"{PIN}#")
    await board.until(lambda: board.agents[7]["state"] == "busy", 8, "signed in")
    assert board.agents[7]["extension"] == str(at.SPARE)
    await telephone.ended(8, after=before)
    said = center.box.journal_text(since=began) + "".join(center.live())
    assert PIN not in said
    assert "1948" not in said, "not even a wrong PIN is written anywhere"
    lines = center.query("SELECT action, address FROM audit WHERE login = '1007' ORDER BY id")
    assert [line["action"] for line in lines] == ["sign-in-failed", "sign-in"]
    await _talks_there(telephone, await phone(8007), board, await caller("13960000002"))
    await _dial(telephone, "*12")
    await board.until(lambda: board.agents[7]["state"] == "signed_out", 5, "signed out")
