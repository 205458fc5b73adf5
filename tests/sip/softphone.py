"""A telephone on PJSIP that lets another call take the place of the one it has (RFC 3891); baresip does not."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from tests.sip.network import Host, end_process
from tests.sip.waiting import until
from tests.tones import Samples, longest_gap, read_wav, silence, tone_level, write_wav

HOME = Path("/opt/softphone/usr")
PROGRAM = Path(__file__).with_name("softphone_program.py")
RATE, BLOCK = 8000, 400


class Softphone:
    """Like `Phone`: with `secret` it registers as `number`; without, it calls like a trunk does.

    Everything it hears from its start to its end is in `heard()`, without holes: what is silent there was silent.
    """

    def __init__(
        self,
        host: Host,
        number: str,
        registrar: str,
        *,
        secret: str = "",
        answers: bool = False,
        says: Samples | None = None,
        line: int = 0,
    ) -> None:
        self.host, self.number, self.registrar = host, number, registrar
        self.folder = Path(tempfile.mkdtemp(prefix=f"softphone-{number}-"))
        self.events: list[dict[str, Any]] = []
        self._heard = self.folder / "heard.wav"
        self._ways = {
            "address": host.address,
            "port": 5060 + line,
            "number": number,
            "registrar": registrar,
            "secret": secret,
            "answers": answers,
            "say": str(write_wav(self.folder / "say.wav", [silence(120) if says is None else says])),
            "silence": str(write_wav(self.folder / "silence.wav", [silence(2)])),
            "heard": str(self._heard),
        }

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *self.host.command(
                *("env", f"PYTHONHOME={HOME}", "PYTHONPATH=", f"{HOME}/bin/python3.11"),
                *(str(PROGRAM), json.dumps(self._ways)),
            ),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=(self.folder / "log").open("wb"),
        )
        self._listener = asyncio.create_task(self._listen(), name=f"softphone {self.number}")
        await until(lambda: self.count("ready"), 8, f"softphone {self.number} runs: {self.log()}")
        if self._ways["secret"]:
            await until(self._registered, 8, f"softphone {self.number} is registered: {self.log()}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await end_process(self._process)
        await self._listener
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-800:]

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            if line.startswith(b"{"):
                self.events.append(json.loads(line))

    def _registered(self) -> bool:
        return any(event["event"] == "registered" and event["code"] == 200 for event in self.events)

    def _say(self, **command: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")

    def dial(self, number: str, headers: Mapping[str, str] | None = None) -> None:
        self._say(do="dial", uri=f"sip:{number}@{self.registrar}", headers=dict(headers or {}))

    def hang_up(self) -> None:
        self._say(do="hang_up")

    def count(self, kind: str) -> int:
        return sum(event["event"] == kind for event in self.events)

    def refused(self) -> int:
        """The status with which its last call was refused; 0: it was not."""
        codes = [event["code"] for event in self.events if event["event"] == "state"]
        return codes[-1] if codes and codes[-1] >= 300 else 0

    def state(self, call: int) -> str:
        """What the telephone says of its call: CONFIRMED while they talk."""
        told = [event["state"] for event in self.events if event["event"] == "state" and event["call"] == call]
        return told[-1] if told else ""

    @property
    def talks(self) -> int:
        """How many calls it has now."""
        numbers = {event["call"] for event in self.events if event["event"] == "state"}
        return sum(self.state(number) == "CONFIRMED" for number in numbers)

    def heard(self, last_seconds: float | None = None) -> Samples:
        """Everything since it runs, to the last quarter of a second."""
        if not self._heard.exists() or self._heard.stat().st_size <= 44:
            return np.zeros(0, np.int16)
        samples = np.frombuffer(self._heard.read_bytes()[44:][: (self._heard.stat().st_size - 44) // 2 * 2], "<i2")
        return samples if last_seconds is None else samples[-round(last_seconds * RATE) :]

    async def silent_ms(self, hertz: float) -> int:
        """Switch it off; the longest time without the tone of `hertz` between its first and its last sound."""
        self._say(do="quit")
        await asyncio.wait_for(self._process.wait(), 10)
        heard = read_wav(self._heard)[0][0]
        sounds = [
            at for at in range(0, len(heard) - BLOCK, BLOCK) if tone_level(heard[at : at + BLOCK], RATE, hertz) > -35
        ]
        return round(1000 * longest_gap(heard[sounds[0] : sounds[-1]], RATE, hertz)) if sounds else -1
