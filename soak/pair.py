"""`make soak-ha`: faults of the pair at random under talks, and what must stay zero."""

import argparse
import asyncio
import contextlib
import random
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from bench.ha import results
from bench.ha.faults import FAULTS, Fault
from bench.ha.ground import Ground
from bench.ha.trial import Figures, Trial
from soak.floor import ANSWER_MS, Page
from tests.box import BoxError
from tests.center import PLAIN_DID, TOKEN
from tests.desk_client import RefusedError
from tests.ha.outside import SIP_PORT, Callers
from tests.ha.whole import BOXES
from tests.sip.network import Host
from tests.sip.sipp import Sipp, telephones
from tests.tones import tone

BRIDGE, PHONES = "hccsoakha", "10.99.8.41"
LEAST_PAUSE, MOST_PAUSE = 30.0, 60.0
AGENTS = range(5, 17)
TALK_MS = 3_000
REGISTER_AGAIN_MS = 20_000
TEND_SECONDS = 5.0


class Talks(Callers):
    """Callers who talk for a while: two new ones a second."""

    kind, port, period_seconds = "t", SIP_PORT + 2, 0.5

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground.carrier, ground.pair.service, PLAIN_DID)
        self._talking: list[tuple[float, Callable[[], None]]] = []

    def _talk(self, name: str, caller: str, to: str) -> None:
        def hang_up() -> None:
            self._say("BYE", name, caller, to=to, number=2)

        self._talking.append((time.monotonic() + TALK_MS / 1000, hang_up))

    def _give_up(self) -> None:
        super()._give_up()
        while self._talking and self._talking[0][0] < time.monotonic():
            self._talking.pop(0)[1]()


class Agents:
    """Agents whose telephones answer by themselves; somebody sees to it that they are ready."""

    def __init__(self, ground: Ground, host: Host) -> None:
        accounts = {str(8000 + number): f"secret-{8000 + number}" for number in AGENTS}
        keys = {"answer_ms": ANSWER_MS, "talk_ms": 10 * TALK_MS, "again_ms": REGISTER_AGAIN_MS}
        self._telephones: Sipp = telephones(host, ground.pair.service, accounts, "agents", keys, tone(700.0, 2))
        self._pages = [Page(ground.pair.service, f"{TOKEN}-agent{number}") for number in AGENTS]

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        async with self._telephones:
            for page in self._pages:
                await page.connect(30)
            tasks = [asyncio.create_task(work) for page in self._pages for work in (page.stay(), self._tend(page))]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                for page in self._pages:
                    await page.disconnect()

    async def _tend(self, page: Page) -> None:
        """Whoever is not ready, because her telephone was not there when it was rung, is ready again."""
        while True:
            with contextlib.suppress(ConnectionError, RuntimeError, TimeoutError, RefusedError):
                if page.me.get("state") == "signed_out":
                    await page.verb("sign_in", phone="sip")
                elif page.me.get("state") in {"busy", "not_answering"} and page.me.get("phone_online"):
                    await page.verb("ready")
            await asyncio.sleep(TEND_SECONDS)


@dataclass
class Outcome:
    """What was found."""

    found: dict[str, list[Figures]] = field(default_factory=lambda: defaultdict(list))
    calls: int = 0
    answered: int = 0
    recordings: int = 0
    recordings_lost: int = 0
    recordings_elsewhere: int = 0
    unhealthy: list[str] = field(default_factory=list)

    def count(self, talks: Talks) -> None:
        self.calls, self.answered = len(talks.attempts), len(talks.answered)

    def zeros(self) -> dict[str, int]:
        runs = [run for runs in self.found.values() for run in runs]
        return {
            "acknowledged writes lost": sum(run.lost for run in runs),
            "ms in which both boxes held the address": sum(run.doubled for run in runs),
            "agents who were not what they had been": sum(len(run.remarks) for run in runs),
            "finished recordings lost": self.recordings_lost,
            "what is not healthy at the end": len(self.unhealthy),
        }

    def show(self) -> None:
        results.show(self.found)
        print(f"  {self.calls} talks begun, {self.answered} answered (not while the faults lasted)")
        print(f"  {self.recordings} finished recordings, {self.recordings_elsewhere} of them not on the active box")
        for what, number in self.zeros().items():
            print(f"  {number}  {what}")
        for line in self.unhealthy:
            print(f"    {line}")


def _after(ground: Ground, outcome: Outcome) -> None:
    """Recordings, and whether both boxes are well without anybody's hand."""
    center = ground.center()
    rows = center.query("SELECT file FROM recording WHERE status = 'ready'")
    files = {row["file"] for row in rows}
    kept = {
        name: {file for file in files if (box.path("/var/lib/hcc/recordings") / file).is_file()}
        for name, box in ground.pair.boxes.items()
    }
    outcome.recordings = len(files)
    outcome.recordings_lost = len(files - kept[BOXES[0]] - kept[BOXES[1]])
    outcome.recordings_elsewhere = len(files - kept[center.box.name])
    for box in (*ground.pair.boxes.values(), ground.pair.witness):
        failed = box.run("systemctl", "--failed", "--no-legend", "--plain", check=False).strip()
        outcome.unhealthy += [f"{box.name}: {line}" for line in failed.splitlines()]


async def soak(options: argparse.Namespace, ground: Ground, outcome: Outcome) -> None:
    chance = random.Random(options.seed)
    wanted = [fault for fault in FAULTS if fault.name in options.faults]
    until = time.monotonic() + options.hours * 3600
    host, talks = Host(ground.pair.bridge.name, PHONES), Talks(ground)
    async with Agents(ground, host).working():
        with contextlib.ExitStack() as around:
            around.callback(host.close)
            around.enter_context(talks.watching())
            around.callback(lambda: outcome.count(talks))
            while time.monotonic() < until:
                await asyncio.sleep(chance.uniform(LEAST_PAUSE, MOST_PAUSE))
                await asyncio.to_thread(_one, ground, chance.choice(wanted), chance, outcome)
    await asyncio.to_thread(ground.pair.in_step)
    await asyncio.to_thread(_after, ground, outcome)


def _one(ground: Ground, fault: Fault, chance: random.Random, outcome: Outcome) -> None:
    figures = Trial(ground, fault).run(chance)
    outcome.found[fault.name].append(figures)
    print(f"  {fault.name}: {results.told(figures)}", flush=True)


def parse() -> argparse.Namespace:
    names = [fault.name for fault in FAULTS]
    parser = argparse.ArgumentParser(prog="make soak-ha ARGS=…", description=__doc__)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--faults", nargs="+", choices=names, default=names)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000), help="of the faults")
    return parser.parse_args()


def main() -> int:
    options = parse()
    print(f"seed {options.seed}: the same faults again with --seed {options.seed}", flush=True)
    began, outcome = time.monotonic(), Outcome()
    try:
        with Ground(BRIDGE, lambda text: print(f"  {text}", flush=True)) as ground:
            asyncio.run(soak(options, ground, outcome))
    except (BoxError, AssertionError) as error:
        outcome.unhealthy.append(str(error))
    outcome.show()
    passed = not any(outcome.zeros().values())
    print(f"{'passed' if passed else 'FAILED'} after {time.monotonic() - began:.0f} s, seed {options.seed}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
