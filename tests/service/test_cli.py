"""`hcc` on the console of a box with a call centre in it."""

import pytest

from tests.box import BoxError
from tests.center import ONE_PATIENT, QUEUE_DID, Center
from tests.service.conftest import MakeDesk, MakePhone


@pytest.mark.req("OPS-6")
def test_status_says_what_runs(center: Center) -> None:
    said = center.box.run("hcc", "status")
    for program in ("nginx", "hcc-admin", "hcc-desk", "hcc-recordings", "asterisk"):
        assert any(line.split() == [program, "active"] for line in said.splitlines()), said
    assert "sqlite" in said


@pytest.mark.req("OPS-6")
async def test_calls_are_listed_with_masked_numbers_and_agents(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    await phone(8002)
    agent, patient = await desk("agent2"), await caller(ONE_PATIENT)
    await agent.work()
    await patient.dial(QUEUE_DID)
    await agent.state("talking")
    await center.stored(agent.me["call"], "talking")
    said = center.box.run("hcc", "calls")
    assert f"{ONE_PATIENT[:3]}****{ONE_PATIENT[-4:]}" in said
    assert ONE_PATIENT not in said
    assert "1002" in center.box.run("hcc", "agents")
    await patient.hang_up()
    await agent.state("wrap_up")


@pytest.mark.req("OPS-6")
def test_configuration_check_names_the_queue_without_agents(center: Center) -> None:
    with pytest.raises(BoxError, match="queue 7002 has no agents"):
        center.box.run("hcc", "config", "check")


@pytest.mark.req("OPS-6", "SEC-2")
def test_password_is_reset_from_the_console_and_a_weak_one_refused(center: Center) -> None:
    assert "password set" in center.box.run("hcc", "admin", "reset-password", "deputy", stdin="Quiet-Harbour-7\n")
    for login, password in (("admin", "12345678"), ("nobody", "Quiet-Harbour-7")):
        with pytest.raises(BoxError):
            center.box.run("hcc", "admin", "reset-password", login, stdin=f"{password}\n")


@pytest.mark.req("OPS-6")
def test_unknown_command_and_wrong_file_are_refused(center: Center) -> None:
    with pytest.raises(BoxError, match="usage"):
        center.box.run("hcc", "explode")
