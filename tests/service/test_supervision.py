"""Shift managers in live talks, with real telephones that hum: who hears whom, and who does not."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from tests import center as at
from tests.center import Center
from tests.desk_client import DeskClient, RefusedError
from tests.service.conftest import AGENT_TONE, CALLER_TONE, Announced, MakeDesk, MakePhone
from tests.sip.phone import Phone
from tests.sip.waiting import until
from tests.tones import read_wav, tone, tone_level

MANAGER_TONE = 1000.0
DESK_RESTARTS = (r"hcc-desk\.service", r"asterisk.*(websocket|WebSocket|ARI|Stasis)")
HEARD_DBFS, SILENT_DBFS = -30, -45
"""A tone arrives at -15; where another one begins, clicks reach -53 at any pitch."""


@dataclass
class Talk:
    """A caller and an agent in talk, a manager with a telephone and the board."""

    patient: Phone
    agent_phone: Phone
    manager_phone: Phone
    agent: DeskClient
    board: DeskClient
    call: str

    async def supervise(self, mode: str, reason: str = "质检") -> str:
        answer = await self.board.verb("supervise", call=self.call, mode=mode, phone=str(at.SPARE), reason=reason)
        key: str = answer["supervision"]
        return key


type MakeTalk = Callable[[str], Awaitable[Talk]]


@pytest.fixture
async def talk(caller: MakePhone, phone: MakePhone, desk: MakeDesk) -> MakeTalk:
    async def begin(number: str) -> Talk:
        agent_phone = await phone(8001)
        manager_phone = await phone(at.SPARE, says=tone(MANAGER_TONE, 120))
        agent, board = await desk("agent1"), await desk("manager", page="board")
        await agent.work()
        patient = await caller(number)
        await patient.dial(at.QUEUE_DID)
        await agent.state("talking")
        await hears(patient, AGENT_TONE)
        return Talk(patient, agent_phone, manager_phone, agent, board, agent.me["call"])

    return begin


async def hears(phone: Phone, *hertz: float) -> None:
    for one in hertz:
        await until(lambda one=one: tone_level(phone.heard(0.4), 8000, one) > HEARD_DBFS, 6, f"{phone.number}: {one}")


async def hears_not(phone: Phone, hertz: float) -> None:
    await until(lambda: tone_level(phone.heard(0.4), 8000, hertz) < SILENT_DBFS, 6, f"{phone.number} without {hertz}")


def loudest(phone: Phone, hertz: float) -> float:
    """The loudest tenth of a second of `hertz` in all that the telephone has heard since `listen_anew`."""
    samples = phone.heard()
    blocks = [samples[start : start + 800] for start in range(0, len(samples) - 800, 800)]
    return max((tone_level(block, 8000, hertz) for block in blocks), default=-120.0)


@pytest.mark.req("SUP-2")
async def test_the_caller_hears_nothing_of_listening_and_whispering_and_both_hear_who_barges_in(
    center: Center, talk: MakeTalk
) -> None:
    there = await talk("13920000001")
    await there.patient.listen_anew()
    await there.agent_phone.listen_anew()
    key = await there.supervise("listen")
    await hears(there.manager_phone, AGENT_TONE, CALLER_TONE)
    await there.agent.until(lambda: there.agent.me["supervised"], 5, "the agent sees it")
    assert there.agent.me["supervised"] == {"mode": "listen", "name": "班长"}
    assert loudest(there.agent_phone, MANAGER_TONE) < SILENT_DBFS
    await there.board.verb("supervise_mode", supervision=key, mode="whisper")
    await hears(there.agent_phone, MANAGER_TONE, CALLER_TONE)
    await hears(there.manager_phone, AGENT_TONE, CALLER_TONE)
    assert loudest(there.patient, MANAGER_TONE) < SILENT_DBFS, "the caller never heard the manager"
    await hears(there.patient, AGENT_TONE)
    await there.board.verb("supervise_mode", supervision=key, mode="barge")
    await hears(there.patient, MANAGER_TONE, AGENT_TONE)
    await hears(there.agent_phone, MANAGER_TONE, CALLER_TONE)
    await hears(there.manager_phone, AGENT_TONE, CALLER_TONE)
    await there.board.verb("supervise_mode", supervision=key, mode="listen")
    await hears_not(there.patient, MANAGER_TONE)
    await hears_not(there.agent_phone, MANAGER_TONE)
    await hears(there.manager_phone, AGENT_TONE, CALLER_TONE)
    with pytest.raises(RefusedError) as refused:
        await there.supervise("listen")
    assert refused.value.code == "already-supervising"
    await there.board.verb("supervise_end", supervision=key)
    await there.manager_phone.ended()
    await hears(there.patient, AGENT_TONE)
    assert center.channels() == 2
    rows = center.query(
        "SELECT action, login, detail FROM audit WHERE subject_id = :key ORDER BY id", {"key": there.call}
    )
    modes = ["listen", "whisper", "barge", "listen", "end"]
    assert [row["action"] for row in rows] == [f"supervise-{mode}" for mode in modes]
    assert {row["login"] for row in rows} == {"manager"}
    assert rows[0]["detail"] == f"1001 坐席1; {at.SPARE}; 质检"
    await there.patient.hang_up()


@pytest.mark.req("SUP-2")
async def test_the_manager_takes_over_and_the_recording_goes_on(center: Center, talk: MakeTalk) -> None:
    there = await talk("13920000002")
    key = await there.supervise("whisper")
    await hears(there.agent_phone, MANAGER_TONE)
    await there.agent.verb("hold")
    await there.agent.state("holding")
    await there.board.verb("supervise_mode", supervision=key, mode="take_over")
    await there.agent.state("wrap_up")
    await there.agent_phone.ended()
    await hears(there.patient, MANAGER_TONE)
    await hears(there.manager_phone, CALLER_TONE)
    await there.patient.listen_anew()
    await until(lambda: len(there.patient.heard()) > 2 * 8000, 6, "two seconds with the manager")
    await there.patient.hang_up()
    await there.manager_phone.ended()
    record = await center.interaction("13920000002")
    assert (record["outcome"], record["agent_id"]) == ("answered", 1)
    talks = [kind for kind in center.segments(record["id"]) if kind in {"talk", "hold"}]
    assert talks[-4:] == ["talk", "hold", "talk", "talk"]
    files = center.query("SELECT id FROM recording WHERE interaction_id = :key", {"key": record["id"]})
    assert len(files) == 1
    (left, right), rate = read_wav(await center.recording(record["id"]))
    end = len(right) - rate
    assert tone_level(right[end:], rate, MANAGER_TONE) > HEARD_DBFS, "the record goes on with the manager"
    assert tone_level(left[end:], rate, CALLER_TONE) > HEARD_DBFS
    assert tone_level(right[:end], rate, AGENT_TONE) > HEARD_DBFS, "and begins with the agent"


@pytest.mark.req("SUP-2")
async def test_listening_ends_with_the_talk_and_when_call_control_is_killed(
    center: Center, talk: MakeTalk, announced: Announced
) -> None:
    announced.add(*DESK_RESTARTS)
    there = await talk("13920000003")
    await there.supervise("listen")
    await hears(there.manager_phone, CALLER_TONE)
    await center.stored(there.call, "talking")
    await there.patient.listen_anew()
    center.box.kill("hcc-desk.service")
    await there.manager_phone.ended(12)
    await there.board.reconnect()
    await there.agent.reconnect()
    await until(lambda: (center.channels(), center.bridges()) == (2, 1), 8, "nothing of the listening is left")
    assert there.agent.me["state"] == "talking"
    await hears(there.patient, AGENT_TONE)
    await there.supervise("listen")
    await hears(there.manager_phone, AGENT_TONE)
    await there.patient.hang_up()
    await there.manager_phone.ended()
    await until(lambda: not there.board.calls, 3, "the board shows no call")
