"""The caller hangs up at every point of the path: nothing is left (the `announced` fixture looks after each test)."""

import pytest

from tests import center as at
from tests.center import Center
from tests.desk_client import DeskClient
from tests.service.conftest import MakeDesk, MakePhone
from tests.sip.waiting import until


async def _ready(agent: DeskClient, *, busy: bool = False) -> None:
    await agent.work()
    if busy:
        await agent.verb("busy", cause="meal")


async def test_before_anything_is_answered(center: Center, caller: MakePhone) -> None:
    patient = await caller("13930000001")
    await patient.dial(at.MENU_DID)
    await patient.hang_up()
    await center.nothing_left()


async def test_during_the_greeting(center: Center, caller: MakePhone) -> None:
    patient = await caller("13930000002")
    await patient.dial(at.MENU_DID)
    await patient.talks()
    await patient.hang_up()
    record = await center.interaction("13930000002")
    assert (record["outcome"], record["hung_up_by"]) == ("self-service", "caller")


async def test_in_the_menu(center: Center, caller: MakePhone, desk: MakeDesk) -> None:
    board = await desk("manager", page="board")
    patient = await caller("13930000003")
    await patient.dial(at.MENU_DID)
    await board.walked("13930000003", "欢迎词")
    await patient.hang_up()
    assert (await center.interaction("13930000003"))["outcome"] == "self-service"


async def test_while_digits_are_keyed_in(center: Center, caller: MakePhone) -> None:
    patient = await caller("13930000004")
    await patient.dial(at.DIGITS_DID)
    await patient.talks()
    await patient.press("12")
    await patient.hang_up()
    assert (await center.interaction("13930000004"))["outcome"] == "self-service"


@pytest.mark.req("ACD-5")
async def test_in_the_queue(center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk) -> None:
    await phone(8001)
    agent, board = await desk("agent1"), await desk("manager", page="board")
    await _ready(agent, busy=True)
    patient = await caller("13930000005")
    await patient.dial(at.QUEUE_DID)
    await board.until(lambda: board.queues[at.BOOKING]["waiting"] == 1, 8, "the caller waits")
    await patient.hang_up()
    await board.until(lambda: board.queues[at.BOOKING]["waiting"] == 0, 8, "nobody waits")
    record = await center.interaction("13930000005")
    assert (record["outcome"], record["hung_up_by"]) == ("abandoned", "caller")


async def test_while_the_agent_s_phone_rings(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    telephone, agent = await phone(8001, answers=False), await desk("agent1")
    await _ready(agent)
    patient = await caller("13930000006")
    await patient.dial(at.QUEUE_DID)
    await telephone.rings()
    await patient.hang_up()
    await telephone.ended()
    await agent.state("ready")
    assert not agent.me["wrap_up"]
    assert (await center.interaction("13930000006"))["outcome"] == "abandoned"


@pytest.mark.parametrize("milliseconds", [0, 5, 20, 60])
async def test_at_the_moment_of_the_answer(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk, milliseconds: int
) -> None:
    """The hang-up meets the making of the bridge, the joining, the start of the recording."""
    telephone, agent = await phone(8001, answers=False), await desk("agent1")
    await _ready(agent)
    number = f"1393000010{milliseconds % 10}{milliseconds // 10}"
    patient = await caller(number)
    await patient.dial(at.QUEUE_DID)
    await telephone.rings()
    await telephone.answer()
    if milliseconds:
        await until(lambda: agent.me["state"] == "talking", 5, "she answers", pause_seconds=milliseconds / 1000)
    await patient.hang_up()
    await telephone.ended()
    await agent.state("ready", "wrap_up")
    record = await center.interaction(number)
    assert record["outcome"] in {"answered", "abandoned"}
    await until(
        lambda: (
            not center.query(
                "SELECT id FROM recording WHERE interaction_id = :key AND status = 'pending'", {"key": record["id"]}
            )
        ),
        15,
        "the recording is settled",
    )


async def test_on_hold(center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk) -> None:
    telephone, agent = await phone(8001), await desk("agent1")
    await _ready(agent)
    patient = await caller("13930000007")
    await patient.dial(at.QUEUE_DID)
    await agent.state("talking")
    await agent.verb("hold")
    await agent.state("holding")
    await patient.hang_up()
    await telephone.ended()
    await agent.state("wrap_up")
    record = await center.interaction("13930000007")
    assert center.segments(record["id"])[-1] == "hold"
    await center.recording(record["id"])


async def test_while_a_transfer_rings(center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk) -> None:
    await phone(8001)
    other, agent = await phone(at.SPARE, answers=False), await desk("agent1")
    await _ready(agent)
    patient = await caller("13930000008")
    await patient.dial(at.QUEUE_DID)
    await agent.state("talking")
    await agent.verb("transfer", target=str(at.SPARE))
    await other.rings()
    await patient.hang_up()
    await other.ended()
    assert (await center.interaction("13930000008"))["outcome"] == "answered"
