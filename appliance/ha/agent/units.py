"""The active target through systemd: started in the order of its units, stopped, watched.

The units have the condition that /run/hcc/active is there (on a box that stands alone it is not asked for), so nothing
of them starts by itself at boot; the file is gone with a reboot, and taken away before anything is stopped.
"""

import asyncio
import contextlib
import logging
from pathlib import Path

from appliance.ha.agent import unit_rules
from appliance.ha.agent.parts import Changed, Clock, boot_clock
from appliance.ha.agent.troubles import Troubles
from appliance.ha.agent.unit_rules import PROPERTIES, Restarts, Unit
from appliance.ha.cluster_file import ACTIVE_MARK
from appliance.ha.decision import model
from appliance.ha.decision.timing import Boottime

log = logging.getLogger(__name__)

TARGET = "hcc-active.target"
UNITS = (
    "hcc-prepare.service",
    "asterisk.service",
    "hcc-desk.service",
    "hcc-admin.service",
    "hcc-recordings.service",
    "nginx.service",
)
"""In the order in which they start (their own After= says it)."""
SERVING = tuple(unit for unit in UNITS if unit not in {"hcc-admin.service", "hcc-recordings.service"})
"""With these calls are answered: the service address does not wait for the pages, and the pages begin only then, for at
the same time they would take the processors away from what callers wait for."""
REFUSING = Path("/run/hcc/refuse-calls")
LOOK_SECONDS, QUICK_SECONDS, COMMAND_SECONDS = 1.0, 0.2, 10.0
FRESH_MS = 3_000
AGAIN_MS = 2_000
"""How long a start or stop that was asked for is given before it is asked for again."""


class SystemdServices:
    """A part of the agent."""

    name = "services"

    def __init__(self, *, mark: Path = ACTIVE_MARK, refusing: Path = REFUSING, clock: Clock = boot_clock) -> None:
        self.changed: Changed = lambda: None
        self._mark = mark
        self._refusing = refusing
        self._clock = clock
        self._units: dict[str, Unit] = {}
        self._looked_at: Boottime | None = None
        self._restarts = Restarts()
        self._calls = 0
        self._asked: tuple[str, Boottime] = ("", 0)
        self._rest_waits = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._troubles = Troubles(log)

    # -- what the agent sees and wishes ------------------------------------------------------------------

    def seen(self) -> model.Services:
        """What was not looked at lately neither runs nor is stopped."""
        now = self._clock()
        if self._looked_at is None or now - self._looked_at > FRESH_MS:
            return model.Services(running=False, stopped=False)
        verb, asked_at = self._asked
        starting = verb == "start" and now - asked_at < AGAIN_MS
        return model.Services(
            running=unit_rules.are_running(self._units, SERVING),
            stopped=unit_rules.are_stopped(self._units, UNITS) and not starting,
            failed=verb != "stop" and unit_rules.any_failed(self._units, UNITS),
            restarts=self._restarts.of_last_minute(now),
            calls=self._calls,
        )

    def start(self) -> None:
        if not self._is_asked("start"):
            self._mark.write_text("", encoding="ascii")
            self._refusing.unlink(missing_ok=True)
            self._rest_waits = True
            self._ask("start", "start", "--no-block", TARGET, *SERVING)

    def stop(self) -> None:
        if not self._is_asked("stop"):
            self._mark.unlink(missing_ok=True)
            self._refusing.unlink(missing_ok=True)
            self._rest_waits = False
            self._ask("stop", "stop", "--no-block", TARGET, *UNITS)

    def refuse_calls(self) -> None:
        if not self._refusing.exists():
            self._refusing.write_text("", encoding="ascii")

    def _is_asked(self, verb: str) -> bool:
        asked, at = self._asked
        return asked == verb and self._clock() - at < AGAIN_MS

    def _ask(self, verb: str, *words: str) -> None:
        self._asked = verb, self._clock()
        self._begin(words)

    def _start_the_rest(self) -> None:
        if self._rest_waits and unit_rules.are_running(self._units, SERVING):
            self._rest_waits = False
            self._begin(("start", "--no-block", *UNITS))

    def _forget_failures(self) -> None:
        """Where nothing shall run: what had to be killed while it was stopped makes the box no worse as a standby."""
        failed = [unit.name for unit in self._units.values() if unit.has_failed]
        if failed and not self._mark.exists():
            self._begin(("reset-failed", *failed))

    def _begin(self, words: tuple[str, ...]) -> None:
        task = asyncio.create_task(self._carry_out(words))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_out(self, words: tuple[str, ...]) -> None:
        await self._run("systemctl", *words)
        self._wake.set()

    # -- the part ----------------------------------------------------------------------------------------

    async def open(self) -> None:
        await self._look()

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def run(self) -> None:
        while True:
            self._wake.clear()
            before = self.seen()
            await self._look()
            if self.seen() != before:
                self.changed()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._pause_seconds())

    def _pause_seconds(self) -> float:
        """Quick while something is being started or stopped."""
        seen = self.seen()
        return LOOK_SECONDS if seen.running or seen.stopped else QUICK_SECONDS

    async def _look(self) -> None:
        asked_at = self._clock()
        said = await self._run("systemctl", "show", f"--property={','.join(PROPERTIES)}", *UNITS)
        if said is None:
            return
        self._units = unit_rules.parse_units(said)
        self._restarts.note(self._units, asked_at)
        self._looked_at = asked_at
        self._start_the_rest()
        self._forget_failures()
        self._calls = await self._count_calls() if self._units.get("asterisk.service", _NONE).runs else 0

    async def _count_calls(self) -> int:
        said = await self._run("asterisk", "-rx", "core show calls")
        return unit_rules.parse_calls(said or "") or 0

    async def _run(self, *words: str) -> str | None:
        """What it printed; None when it failed, which is told once."""
        what = " ".join(words[:2])
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                process = await asyncio.create_subprocess_exec(
                    *words,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                )
                try:
                    said, wrong = await process.communicate()
                finally:
                    if process.returncode is None:
                        process.kill()
        except (OSError, TimeoutError) as error:
            self._troubles.fails(what, error or "no answer")
            return None
        if process.returncode:
            self._troubles.fails(what, wrong.decode(errors="replace").strip()[-200:])
            return None
        self._troubles.works(what)
        return said.decode(errors="replace")


_NONE = Unit("", "inactive", "")
