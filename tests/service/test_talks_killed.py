"""Call control is killed during talks of three, consultations and a manager's part in a talk: everybody goes on."""

import asyncio

import pytest

from tests import center as at
from tests.center import Center
from tests.desk_client import DeskClient
from tests.service.conftest import AGENT_TONE, CALLER_TONE, Announced, MakeDesk, MakePhone
from tests.service.test_consult import ASKED_TONE, deaf, hears, talking
from tests.service.test_supervision import MANAGER_TONE
from tests.service.test_trouble import DESK_RESTARTS
from tests.sip.phone import Phone
from tests.sip.waiting import until
from tests.tones import longest_gap, loudness, read_wav, tone, tone_level

GAP_SECONDS = 0.4


class Killed:
    """`await kill()` kills call control once all that was decided is on disk; all pages come back."""

    def __init__(self, center: Center, *pages: DeskClient) -> None:
        self._center, self._pages = center, pages

    async def __call__(self, *stored: str) -> None:
        """`stored` are words that the live state on disk must have before."""
        statement = "SELECT document FROM live_call"
        await until(
            lambda: all(word in str(self._center.query(statement)) for word in stored), 3, f"{stored} is on disk"
        )
        self._center.box.kill("hcc-desk.service")
        await asyncio.gather(*(page.reconnect() for page in self._pages))
        for page in self._pages:
            await page.until(lambda page=page: page.pbx, 10, "call control is back at Asterisk")


class Unbroken:
    """Telephones that must hear a tone without a gap from here to there."""

    def __init__(self, *heard: tuple[Phone, float]) -> None:
        self._heard = heard

    async def __aenter__(self) -> None:
        for telephone, _hertz in self._heard:
            await telephone.listen_anew()

    async def __aexit__(self, *failed: object) -> None:
        if failed[0] is None:
            for telephone, hertz in self._heard:
                await until(lambda telephone=telephone: len(telephone.heard()) > 9600, 2, "a second of it was heard")
                samples = telephone.heard()[1600:]
                assert longest_gap(samples, 8000, hertz) < GAP_SECONDS, f"{telephone.number} missed {hertz}"


@pytest.fixture
async def manager_phone(phone: MakePhone, announced: Announced) -> Phone:
    announced.add(*DESK_RESTARTS)
    return await phone(at.SPARE, says=tone(MANAGER_TONE, 120))


def members(page: DeskClient) -> list[tuple[str, str, bool]]:
    return [(one["party"], one["state"], one["muted"]) for one in page.call["members"]]


@pytest.mark.req("CTI-2", "HA-5", "SUP-2")
async def test_consultation_and_conference_with_a_listening_manager_go_on_when_call_control_is_killed(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk, manager_phone: Phone
) -> None:
    asked = await phone(8005, says=tone(ASKED_TONE, 120))
    colleague, board = await desk("agent5"), await desk("manager", page="board")
    await colleague.work()
    patient, telephone, agent = await talking(caller, phone, desk, "13910000301")
    killed = Killed(center, agent, colleague, board)

    await agent.verb("consult", target="1005", kind="agent")
    await asyncio.gather(hears(telephone, ASKED_TONE), hears(asked, AGENT_TONE))
    async with Unbroken((telephone, ASKED_TONE), (asked, AGENT_TONE)):
        await killed('"phase":"holding"', '"consult":{"by":1')
    assert (agent.me["state"], agent.call["consult"]["state"]) == ("holding", "talking")
    assert (colleague.me["state"], colleague.call["consult"]["by_name"]) == ("talking", "坐席1")
    await deaf(patient, AGENT_TONE, ASKED_TONE)
    assert loudness(patient.heard(0.4)) > -60, "the customer hears music"

    await agent.verb("swap")
    await hears(patient, AGENT_TONE)
    async with Unbroken((patient, AGENT_TONE), (telephone, CALLER_TONE)):
        await killed('"phase":"talking"', '"held":true')
    assert (agent.me["state"], agent.call["consult"]["state"]) == ("talking", "held")
    await deaf(asked, AGENT_TONE, CALLER_TONE)

    await agent.verb("merge")
    await hears(patient, ASKED_TONE)
    (member,) = agent.call["members"]
    await agent.verb("mute_party", party=member["id"], on=True)
    await deaf(patient, ASKED_TONE)
    await board.verb("supervise", call=agent.me["call"], mode="barge", phone=str(at.SPARE))
    await asyncio.gather(hears(patient, MANAGER_TONE), hears(manager_phone, CALLER_TONE))
    async with Unbroken((patient, AGENT_TONE), (telephone, CALLER_TONE), (asked, AGENT_TONE)):
        await killed('"muted":true')
        await manager_phone.ended(12)
    assert members(agent) == members(colleague) == [("1005", "talking", True)]
    await agent.until(lambda: agent.me["supervised"] is None, 8, "the manager is gone")
    assert board.call_of("13910000301")["agent"] == 1
    await until(lambda: (center.channels(), center.bridges()) == (3, 1), 8, "nothing of the manager is left")
    await agent.verb("mute_party", party=member["id"], on=False)
    await hears(patient, ASKED_TONE)

    await agent.verb("leave")
    await agent.state("wrap_up")
    await asyncio.gather(hears(patient, ASKED_TONE), deaf(patient, AGENT_TONE), hears(asked, CALLER_TONE))
    assert (colleague.call["agent"], colleague.call["members"]) == (5, [])
    await patient.hang_up()
    await colleague.state("wrap_up")
    record = await center.interaction("13910000301")
    assert (record["outcome"], record["agent_id"], record["hung_up_by"]) == ("answered", 5, "caller")
    rows = center.query("SELECT kind, party, result FROM segment WHERE interaction_id = :key", {"key": record["id"]})
    beside = [tuple(row.values()) for row in rows if row["kind"] in {"consult", "member"}]
    assert sorted(beside) == [("consult", "1005", "joined"), ("member", "1005", "chair")]
    (left, right), rate = read_wav(await center.recording(record["id"]))
    assert tone_level(left, rate, CALLER_TONE) > -45
    assert min(tone_level(right, rate, one) for one in (AGENT_TONE, ASKED_TONE)) > -45, "one recording of all"


@pytest.mark.req("SUP-2", "ACD-8", "HA-5")
async def test_who_was_given_the_caller_keeps_her_when_call_control_is_killed_at_that_moment(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk, manager_phone: Phone
) -> None:
    """A blind transfer, then a manager's take-over: killed as soon as the one before was let go, and at rest."""
    asked = await phone(8005, says=tone(ASKED_TONE, 120))
    colleague, board = await desk("agent5"), await desk("manager", page="board")
    await colleague.work()
    patient, telephone, agent = await talking(caller, phone, desk, "13910000302")
    call = agent.me["call"]
    killed = Killed(center, board, agent, colleague)
    await agent.verb("transfer", target="1005", kind="agent")
    await telephone.ended()
    await killed()
    await asyncio.gather(hears(patient, ASKED_TONE, 12), hears(asked, CALLER_TONE, 12))
    await asyncio.gather(agent.state("wrap_up"), colleague.state("talking"))

    await board.verb("supervise", call=call, mode="take_over", phone=str(at.SPARE))
    await asked.ended(12)
    await killed()
    await asyncio.gather(hears(patient, MANAGER_TONE), hears(manager_phone, CALLER_TONE))
    await colleague.state("wrap_up")
    async with Unbroken((patient, MANAGER_TONE), (manager_phone, CALLER_TONE)):
        await killed()
    shown = board.call_of("13910000302")
    assert (shown["id"], shown["phase"], shown["agent"]) == (call, "talking", None)
    await until(lambda: (center.channels(), center.bridges()) == (2, 1), 8, "nothing else is left")
    await manager_phone.hang_up()
    await patient.ended()
    record = await center.interaction("13910000302")
    assert (record["outcome"], record["agent_id"], record["hung_up_by"]) == ("answered", 5, "agent")
    rows = center.query(
        "SELECT agent_id, party, result FROM segment WHERE interaction_id = :key AND kind = 'talk' ORDER BY id",
        {"key": record["id"]},
    )
    assert [tuple(row.values()) for row in rows] == [
        (1, "1001", "transferred"),
        (5, "1005", "taken-over"),
        (None, str(at.SPARE), "answered"),
    ]
    assert len(center.query("SELECT id FROM recording WHERE interaction_id = :key", {"key": record["id"]})) == 1
    (_left, right), rate = read_wav(await center.recording(record["id"]))
    assert min(tone_level(right, rate, one) for one in (AGENT_TONE, ASKED_TONE, MANAGER_TONE)) > -45
