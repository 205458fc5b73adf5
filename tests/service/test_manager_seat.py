"""What a shift manager does to agents: forcing states, lending them to queues, messages, ending calls."""

import asyncio

import pytest

from tests import center as at
from tests.center import Center
from tests.desk_client import DeskClient, RefusedError
from tests.service.conftest import Announced, MakeDesk, MakePhone
from tests.sip.waiting import until

DESK_RESTARTS = (r"hcc-desk\.service", r"asterisk.*(websocket|WebSocket|ARI|Stasis)")


async def asked(client: DeskClient, verb: str, **arguments: object) -> str:
    """What came of it: "done" or the code of the refusal."""
    try:
        await client.verb(verb, **arguments)
    except RefusedError as refusal:
        return refusal.code
    return "done"


def notices(client: DeskClient) -> list[str]:
    changes = [seen.body.get("change", {}) for seen in client.seen]
    return [change["notice"]["text"] for change in changes if "notice" in change]


@pytest.mark.req("SUP-3")
async def test_manager_forces_states_and_the_agent_is_told(center: Center, phone: MakePhone, desk: MakeDesk) -> None:
    await phone(8001)
    agent, board = await desk("agent1"), await desk("manager", page="board")
    await agent.work()
    await board.until(lambda: board.agents[1]["state"] == "ready", 5, "the board sees her")
    await board.verb("force_state", agent=1, state="busy", version=board.agents[1]["version"])
    await agent.state("busy")
    assert agent.me["cause"] == "manager"
    await agent.until(lambda: notices(agent), 5, "she is told")
    assert "班长" in notices(agent)[-1]
    await board.verb("force_state", agent=1, state="ready")
    await agent.state("ready")
    await board.verb("force_state", agent=1, state="sign_out")
    await agent.state("signed_out")
    assert await asked(board, "force_state", agent=1, state="ready") == "wrong-state"
    assert await asked(board, "force_state", agent=999, state="ready") == "not-found"
    assert await asked(agent, "force_state", agent=1, state="ready") == "forbidden"

    def noted() -> list[str]:
        statement = "SELECT action, detail FROM audit WHERE subject_kind = 'agent' AND login = 'manager' ORDER BY id"
        rows = center.query(statement)[-3:]
        return [row["action"] for row in rows if row["detail"] == "1001 坐席1"]

    await until(lambda: noted() == ["force-busy", "force-ready", "force-sign_out"], 5, "it is in the audit log")


@pytest.mark.req("SUP-3")
async def test_manager_and_agent_act_at_the_same_instant_and_one_of_them_wins(phone: MakePhone, desk: MakeDesk) -> None:
    await phone(8001)
    agent, board = await desk("agent1"), await desk("manager", page="board")
    await agent.work()
    for _ in range(6):
        await board.until(lambda: board.agents[1]["version"] == agent.me["version"], 5, "both see the same")
        version = agent.me["version"]
        theirs, hers = await asyncio.gather(
            asked(board, "force_state", agent=1, state="busy", version=version),
            asked(agent, "busy", cause="meal", version=version),
        )
        assert (theirs, hers) in {("done", "manager-first"), ("stale", "done")}
        await agent.state("busy")
        assert agent.me["cause"] == ("manager" if theirs == "done" else "meal")
        await agent.verb("ready", version=agent.me["version"])
        await agent.state("ready")


@pytest.mark.req("SUP-3")
async def test_an_agent_is_lent_to_a_queue_until_she_signs_out(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk, announced: Announced
) -> None:
    announced.add(*DESK_RESTARTS)
    await phone(8001)
    agent, board = await desk("agent1"), await desk("manager", page="board")
    await agent.work()
    own = agent.me["queues"]
    await board.verb("move_agent", agent=1, queues=[at.HASTY])
    await agent.until(lambda: agent.me["queues"] == [at.HASTY] and agent.me["lent"], 5, "she serves the other queue")
    center.box.kill("hcc-desk.service")
    await agent.reconnect()
    await board.reconnect()
    await agent.until(lambda: agent.me["queues"] == [at.HASTY], 5, "still so after call control was killed")
    patient = await caller("13930000001")
    await patient.dial(at.HASTY_DID)
    await agent.state("talking")
    await board.verb("end_call", call=agent.me["call"], reason="试验")
    await patient.ended()
    await agent.state("wrap_up")
    record = await center.interaction("13930000001")
    assert (record["outcome"], record["hung_up_by"]) == ("answered", "manager")
    await agent.write_up()
    await agent.verb("sign_out")
    await agent.until(lambda: agent.me["queues"] == own, 5, "her own queues again")
    assert await asked(board, "move_agent", agent=1, queues=[]) == "no-queue"
    assert await asked(board, "move_agent", agent=1, queues=[99]) == "no-queue"


@pytest.mark.req("SUP-3")
async def test_messages_are_shown_until_they_are_confirmed(center: Center, phone: MakePhone, desk: MakeDesk) -> None:
    await phone(8001)
    agent, board = await desk("agent1"), await desk("manager", page="board")
    await agent.work()
    sent = await board.verb("send_message", to="queue", id=at.BOOKING, text="今天下午三点开会")
    await agent.until(lambda: agent.me["messages"], 5, "the message is on the screen")
    assert agent.me["messages"][-1]["text"] == "今天下午三点开会"
    assert center.query("SELECT body FROM staff_message WHERE id = :key", {"key": sent["message"]})
    await agent.verb("read_message", message=sent["message"])
    await agent.until(lambda: not agent.me["messages"], 5, "confirmed")
    read = center.query("SELECT read_at FROM staff_message_receipt WHERE message_id = :key", {"key": sent["message"]})
    assert read
    assert all(row["read_at"] > 0 for row in read)
    assert await asked(board, "send_message", to="all", text="  ") == "invalid"
    assert await asked(board, "send_message", to="queue", id=at.NOBODY, text="有人吗") == "nobody"
    await agent.verb("looking_at", page="desktop", form="wrap_up", patient_id=1, patient="张三")
    seen = await until(
        lambda: [s.body["change"]["looking"] for s in board.seen if "looking" in s.body.get("change", {})], 5, "seen"
    )
    assert seen[-1] == {
        "agent": 1,
        "at": {"page": "desktop", "form": "wrap_up", "patient_id": 1, "patient": "张三"},
    }
    await board.verb("set_thresholds", queues={"0": {"waiting": 3}}, states={"busy": 600})
    rows = center.query("SELECT value FROM setting WHERE key = 'board_thresholds'")
    assert '"waiting":3' in rows[0]["value"]
    assert await asked(agent, "set_thresholds", queues={}, states={}) == "forbidden"
