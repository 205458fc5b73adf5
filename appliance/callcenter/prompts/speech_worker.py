"""The process that speaks: `python -m appliance.callcenter.prompts.speech_worker [--engine kokoro] [--directory D]`.

One JSON job a line on standard input, one JSON answer a line on standard output, in the same order. It is a process
of its own so that half a gigabyte of model goes away when nobody needs it, and so that a job can be given a time
limit by whoever started it. It ends when its input does.
"""

import argparse
import functools
import sys
from pathlib import Path
from typing import TextIO

import msgspec

from appliance.callcenter.prompts.audio import write_telephone_wav
from appliance.callcenter.prompts.kokoro import KokoroEngine
from appliance.callcenter.prompts.speech import (
    EspeakEngine,
    HttpEngine,
    SpeechEngine,
    SpeechSettings,
    SpeechUnavailableError,
    check,
    default_voice,
)
from appliance.errors import UserError


class Job(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Speak `text` into the WAV file `out`; an empty voice means the default for the text's language."""

    id: str
    text: str
    out: str
    voice: str = ""
    speed: float = 1.0


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a job: either a length and a hash, or an error with its code and both texts."""

    id: str
    seconds: float = 0.0
    sha256: str = ""
    size_bytes: int = 0
    error: str = ""
    error_zh: str = ""
    error_en: str = ""


def engine_for(settings: SpeechSettings) -> SpeechEngine:
    """The engine that `settings` name. Raises SpeechUnavailableError."""
    if settings.engine == "espeak":
        return EspeakEngine()
    if settings.engine == "http":
        return HttpEngine(settings.url)
    if settings.engine == "kokoro" and (Path(settings.directory) / "kokoro.onnx").is_file():
        return KokoroEngine(Path(settings.directory))
    raise SpeechUnavailableError(settings.engine)


class Speaker:
    """Answers jobs; the engine is loaded with the first one that needs it."""

    def __init__(self, settings: SpeechSettings) -> None:
        self._settings = settings

    @functools.cached_property
    def engine(self) -> SpeechEngine:
        return engine_for(self._settings)

    def answer(self, line: str) -> Answer:
        """Do the job in `line`; every failure becomes an answer."""
        try:
            job = msgspec.json.decode(line.encode(errors="replace"), type=Job)
        except msgspec.MsgspecError as error:
            return Answer(id="", error="job-invalid", error_zh="任务格式有误", error_en=f"Not a job: {error}")
        try:
            return self._spoken(job)
        except UserError as error:
            return Answer(id=job.id, error=error.code, error_zh=error.text("zh_CN"), error_en=error.text("en"))
        except (OSError, RuntimeError, ValueError) as error:  # the next job must still be done
            failure = SpeechUnavailableError(f"{type(error).__name__}: {error}"[:200])
            return Answer(id=job.id, error=failure.code, error_zh=failure.text("zh_CN"), error_en=failure.text("en"))

    def _spoken(self, job: Job) -> Answer:
        voice = job.voice or default_voice(job.text)
        check(job.text, voice, job.speed)
        written = write_telephone_wav(self.engine.synthesize(job.text, voice, job.speed), Path(job.out))
        return Answer(
            id=job.id, seconds=round(written.seconds, 3), sha256=written.sha256, size_bytes=written.size_bytes
        )


def serve(speaker: Speaker, jobs: TextIO, answers: TextIO) -> None:
    """Work until `jobs` ends."""
    for line in jobs:
        if line.strip():
            answers.write(msgspec.json.encode(speaker.answer(line)).decode() + "\n")
            answers.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", default="kokoro", choices=["kokoro", "espeak", "http"])
    parser.add_argument("--url", default="")
    parser.add_argument("--directory", default=SpeechSettings().directory)
    chosen = parser.parse_args()
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    serve(Speaker(SpeechSettings(chosen.engine, chosen.url, chosen.directory)), sys.stdin, sys.stdout)


if __name__ == "__main__":
    main()
