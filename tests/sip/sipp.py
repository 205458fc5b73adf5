"""Many callers and many answering telephones at once, by sipp."""

import asyncio
import csv
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from tests.sip.network import Host, end_process
from tests.sip.waiting import PATIENCE
from tests.tones import Samples

SCENARIOS = Path(__file__).parent / "scenarios"
AGAIN_MS = 240_000


@dataclass(frozen=True, slots=True)
class Tally:
    """What sipp counted."""

    created: int
    successful: int
    failed: int
    running: int


def to_alaw(samples: Samples) -> bytes:
    """16-bit samples as G.711 A-law: sign, segment, four bits of step (ITU-T G.711, table 1a)."""
    size = np.minimum(np.abs(samples.astype(np.int32)), 32767) >> 3
    segment = np.maximum(np.floor(np.log2(np.maximum(size, 1))).astype(np.int32) - 4, 0)
    step = (size >> np.maximum(segment, 1)) & 0x0F
    inversion = np.where(samples >= 0, 0xD5, 0x55)
    return ((segment << 4 | step) ^ inversion).astype(np.uint8).tobytes()


class Sipp:
    """One sipp process in a folder of its own; ended and counted when the block is left."""

    def __init__(
        self,
        host: Host,
        scenario: str,
        *,
        target: str = "",
        lines: Iterable[str] = (),
        keys: Mapping[str, str | int] | None = None,
        sound: Samples | None = None,
        options: Iterable[str] = (),
        port: int = 5060,
        answering: str = "",
    ) -> None:
        """`answering`: the scenario of calls that come in while `scenario` makes its own."""
        self.host = host
        self.folder = Path(tempfile.mkdtemp(prefix=f"sipp-{scenario}-"))
        keys = dict(keys or {})
        if sound is not None:
            (self.folder / "sound.alaw").write_bytes(to_alaw(sound))
            keys["sound"] = str(self.folder / "sound.alaw")
        self._words = ["sipp", *([target] if target else []), "-sf", self._filled(scenario, keys)]
        self._words += ["-oocsf", self._filled(answering, keys)] if answering else []
        self._words += ["-i", host.address, "-p", str(port), "-mi", host.address, "-nostdin", "-aa"]
        self._words += ["-trace_stat", "-stf", str(self.folder / "stat.csv"), "-fd", "1"]
        self._words += ["-trace_err", "-error_file", str(self.folder / "errors.log")]
        self._words += ["-min_rtp_port", str(port + 1000), "-max_rtp_port", str(port + 15000)]
        lines = list(lines)
        if lines:
            (self.folder / "lines.csv").write_text("\n".join(["SEQUENTIAL", *lines]) + "\n")
            self._words += ["-inf", str(self.folder / "lines.csv")]
        self._words += list(options)

    def _filled(self, scenario: str, keys: Mapping[str, str | int]) -> str:
        """The scenario's file with its keys filled in: sipp's own keys do not reach pauses and time limits."""
        text = (SCENARIOS / f"{scenario}.xml").read_text()
        for name, value in keys.items():
            text = text.replace(f"[{name}]", str(value))
        path = self.folder / f"{scenario}.xml"
        path.write_text(text)
        return str(path)

    async def __aenter__(self) -> Self:
        with (self.folder / "screen").open("wb") as screen:
            self.process = await asyncio.create_subprocess_exec(
                *self.host.command(*self._words),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=screen,
                stderr=asyncio.subprocess.STDOUT,
                cwd=self.folder,
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await end_process(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)

    async def finished(self, seconds: float) -> Tally:
        """Wait until all calls were made and ended."""
        await asyncio.wait_for(self.process.wait(), PATIENCE * seconds)
        return self.tally()

    def tally(self) -> Tally:
        """The counts at the last second (at the end: of everything)."""
        path = self.folder / "stat.csv"
        rows = list(csv.DictReader(path.read_text().splitlines(), delimiter=";")) if path.exists() else []
        if not rows:
            return Tally(0, 0, 0, 0)
        last = rows[-1]
        return Tally(
            int(last["TotalCallCreated"]),
            int(last["SuccessfulCall(C)"]),
            int(last["FailedCall(C)"]),
            int(last["CurrentCall"]),
        )

    def errors(self) -> str:
        """What sipp found unexpected, for the message of a failing test."""
        texts = [path.read_text(errors="replace") for path in (self.folder / "errors.log", self.folder / "screen")]
        return "\n".join(text[-3000:] for text in texts if text)


def _accounts(accounts: Mapping[str, str]) -> list[str]:
    return [f"{number};[authentication username={number} password={secret}]" for number, secret in accounts.items()]


def telephones(
    host: Host, target: str, accounts: Mapping[str, str], answering: str, keys: Mapping[str, str | int], sound: Samples
) -> Sipp:
    """Telephones that stay registered for number → secret of `accounts`, and answer by the scenario `answering`."""
    lines = _accounts(accounts)
    options = ["-r", "50", "-m", str(len(lines)), "-l", str(len(lines))]
    keys = {"again_ms": AGAIN_MS, **keys}
    return Sipp(
        host, "telephones", target=target, lines=lines, keys=keys, sound=sound, options=options, answering=answering
    )


async def register(host: Host, target: str, accounts: Mapping[str, str], *, port: int = 5060) -> None:
    """Register every number → secret of `accounts` once, with `host`:`port` as its place."""
    lines = _accounts(accounts)
    options = ["-r", "50", "-m", str(len(lines)), "-timeout", "20s"]
    async with Sipp(host, "register", target=target, lines=lines, options=options, port=port) as run:
        tally = await run.finished(25)
        assert tally.successful == len(lines), run.errors()
