"""The active target by the agent's hand, with a systemctl that notes what it was asked and says what it is told to."""

import asyncio
from pathlib import Path

import pytest

from appliance.ha.agent.units import SERVING, UNITS, SystemdServices
from tests.sip.waiting import until

pytestmark = pytest.mark.req("HA-1")

SYSTEMCTL = """#!/bin/sh
[ "$1" = show ] && exec cat "$(dirname "$0")/states"
echo "$*" >>"$(dirname "$0")/asked"
"""


class Machine:
    """What systemd says and was asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "systemctl").write_text(SYSTEMCTL)
        (folder / "systemctl").chmod(0o755)
        self.are("inactive/dead")
        self.services = SystemdServices(mark=folder / "active", refusing=folder / "refuse")

    def are(self, usual: str, **others: str) -> None:
        states = {unit: others.get(unit.removesuffix(".service").replace("-", "_"), usual) for unit in UNITS}
        blocks = [
            f"Id={unit}\nActiveState={state.partition('/')[0]}\nSubState={state.partition('/')[2]}\nNRestarts=0\n"
            for unit, state in states.items()
        ]
        (self._folder / "states").write_text("\n".join(blocks))

    async def asked(self, *words: str) -> None:
        """Wait until it was asked that."""
        await until(lambda: " ".join(words) in self._all(), 5, f"{words}")

    def was_asked(self, verb: str) -> bool:
        return any(line.startswith(verb) for line in self._all())

    def _all(self) -> list[str]:
        path = self._folder / "asked"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return Machine(tmp_path)


async def test_the_pages_begin_when_what_answers_calls_runs(machine: Machine) -> None:
    services = machine.services
    await services.open()
    running = asyncio.create_task(services.run())
    services.start()
    await machine.asked("start", "--no-block", "hcc-active.target", *SERVING)
    machine.are("active/running", hcc_admin="inactive/dead", hcc_recordings="inactive/dead")
    await machine.asked("start", "--no-block", *UNITS)
    running.cancel()
    await services.close()


async def test_a_unit_that_was_killed_while_it_was_stopped_is_forgotten_but_not_where_it_shall_run(
    machine: Machine,
) -> None:
    services = machine.services
    services.start()
    machine.are("active/running", hcc_desk="failed/failed")
    await services.open()
    assert services.seen().failed
    services.stop()
    machine.are("inactive/dead", hcc_desk="failed/failed")
    assert not machine.was_asked("reset-failed")
    await services.open()
    await machine.asked("reset-failed", "hcc-desk.service")
    await services.close()
