"""The same calls for both sides: sipp callers who press a key, sipp agents who answer and hang up."""

import time
from dataclasses import dataclass

from tests.sip.network import Host
from tests.sip.sipp import Sipp, Tally
from tests.tones import tone

TALK_SECONDS = 2.5
KEY_PAUSE_MS = 300
SOUND_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Load:
    rate: float
    calls: int
    talk_seconds: float = TALK_SECONDS

    @property
    def limit_seconds(self) -> float:
        return self.calls / self.rate + self.talk_seconds + 60


@dataclass(frozen=True, slots=True)
class Outcome:
    tally: Tally
    seconds: float


def agents(host: Host, talk_seconds: float = TALK_SECONDS) -> Sipp:
    """Telephones that answer for all agents."""
    keys = {"answer_ms": 20, "talk_ms": round(1000 * talk_seconds)}
    return Sipp(host, "agents", keys=keys, sound=tone(700.0, SOUND_SECONDS), options=["-l", "400"])


async def place(host: Host, target: str, number: str, load: Load, key: str = "2") -> Outcome:
    """Make the calls of `load` to `number` and wait until all have ended."""
    patience_ms = round(1000 * load.talk_seconds) + 30_000
    keys = {"called": number, "key_pause_ms": KEY_PAUSE_MS, "key": key, "patience_ms": patience_ms}
    lines = [f"139{index:08}" for index in range(1000)]
    options = ["-r", str(load.rate), "-m", str(load.calls), "-l", "400", "-timeout", f"{load.limit_seconds:.0f}s"]
    started = time.monotonic()
    async with Sipp(
        host, "caller", target=target, lines=lines, keys=keys, sound=tone(400.0, SOUND_SECONDS), options=options
    ) as run:
        tally = await run.finished(load.limit_seconds + 10)
        if tally.failed or not tally.created:
            print(run.errors()[-1500:])
    return Outcome(tally, time.monotonic() - started)
