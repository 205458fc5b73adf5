"""Pauses with limits and what comes after the call, on the real box: kept through a crash of call control."""

import time

import pytest

from tests import center as at
from tests.center import Center
from tests.desk_client import RefusedError
from tests.service.conftest import MakeDesk, MakePhone
from tests.sip.waiting import until

MINUTE_MS = 60_000


@pytest.mark.req("AGT-1", "SUP-4")
async def test_a_pause_has_its_limit_on_desk_and_board_and_a_reason_must_exist(
    center: Center, phone: MakePhone, desk: MakeDesk
) -> None:
    await phone(8001)
    agent, board = await desk("agent1"), await desk("manager", page="board")
    await agent.work()
    with pytest.raises(RefusedError) as refused:
        await agent.verb("busy", cause="nonsense")
    assert refused.value.code == "invalid"
    await agent.verb("busy", cause="rest")
    me = await agent.state("busy")
    assert me["limit_at"] == me["since"] + 15 * MINUTE_MS
    await board.until(lambda: board.agents[1]["limit_at"] == me["limit_at"], 5, "the board knows the limit")
    await agent.verb("busy", cause="training")
    await agent.until(lambda: agent.me["cause"] == "training", 5, "another reason")
    assert agent.me["limit_at"] is None


@pytest.mark.req("AGT-1", "AGT-2")
async def test_sign_out_after_the_call_waits_for_the_form_with_the_promised_call(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    await phone(8001)
    agent = await desk("agent1")
    await agent.work()
    patient = await caller("13910000071")
    await patient.dial(at.QUEUE_DID)
    await agent.state("talking")
    with pytest.raises(RefusedError):
        await agent.verb("sign_out")
    await agent.verb("sign_out", after_call=True)
    await agent.until(lambda: agent.me["next_cause"] == "sign_out", 5, "the wish is shown")
    await patient.hang_up()
    await agent.state("wrap_up")
    form = {"business_type": "return_visit", "outcome": "follow_up", "notes": "下周再联系"}
    with pytest.raises(RefusedError):
        await agent.verb("wrap_up", **form, call_again_at=1)
    again = time.time_ns() // 1_000_000 + 3 * 24 * 60 * MINUTE_MS
    await agent.verb("wrap_up", **form, call_again_at=again)
    await agent.state("signed_out")
    call = (await center.interaction("13910000071"))["id"]
    stored = "SELECT call_again_at FROM wrap_up WHERE interaction_id = :call"
    rows = await until(lambda: center.query(stored, {"call": call}), 5, "the form is stored")
    assert rows == [{"call_again_at": again}]
