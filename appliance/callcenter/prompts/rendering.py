"""Speaking the texts of prompts, one after another, in a process that goes away when there is nothing to do."""

import asyncio
import contextlib
import hashlib
import logging
import shutil
import sys
from pathlib import Path

import msgspec

from appliance.callcenter.prompts import store
from appliance.callcenter.prompts.audio import wav_layout
from appliance.callcenter.prompts.model import Prompt
from appliance.callcenter.prompts.service import PromptService
from appliance.callcenter.prompts.speech import SpeechUnavailableError, cache_key, cached
from appliance.callcenter.settings.store import bump_revision
from appliance.db import Sessions, new_id

log = logging.getLogger(__name__)

JOB_SECONDS = 120
IDLE_SECONDS = 60
POLL_SECONDS = 5
PREVIEWS_KEPT = 40


class _Answer(msgspec.Struct, frozen=True):
    """What the speech worker says of a job; see `speech_worker.Answer`."""

    id: str
    seconds: float = 0.0
    sha256: str = ""
    error: str = ""
    error_zh: str = ""
    error_en: str = ""


class SpeechProcess:
    """The speech worker: started with the first job, one job at a time, killed when it takes too long."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def speak(self, text: str, voice: str, out: Path) -> _Answer:
        """Raises SpeechUnavailableError when the worker died or took too long."""
        job = {"id": new_id(), "text": text, "voice": voice, "out": str(out)}
        async with self._turn:
            try:
                async with asyncio.timeout(JOB_SECONDS):
                    return await self._exchange(msgspec.json.encode(job) + b"\n")
            except (TimeoutError, OSError, msgspec.MsgspecError) as error:
                await self._end()
                raise SpeechUnavailableError(type(error).__name__) from error

    async def _exchange(self, line: bytes) -> _Answer:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "appliance.callcenter.prompts.speech_worker",
                "--directory",
                self._directory,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line)
        await process.stdin.drain()
        return msgspec.json.decode(await process.stdout.readline(), type=_Answer)

    async def close(self) -> None:
        async with self._turn:
            await self._end()

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _copied(known: Path, out: Path) -> str:
    shutil.copyfile(known, out)
    return hashlib.sha256(out.read_bytes()).hexdigest()


class PromptRenderer:
    """A part of the admin program: speaks pending prompts, and texts that somebody wants to hear first."""

    name = "prompts"

    def __init__(self, sessions: Sessions, service: PromptService, directory: str, previews: Path) -> None:
        """`directory`: the speech model and what was spoken in advance; `previews`: a folder of our own."""
        self._sessions = sessions
        self._service = service
        self._directory = Path(directory)
        self._previews = previews
        self._speech = SpeechProcess(directory)

    async def open(self) -> None:
        self._previews.mkdir(parents=True, exist_ok=True)

    async def run(self) -> None:
        idle = 0.0
        while True:
            self._service.work.clear()
            if await self.speak_next():
                idle = 0.0
                continue
            try:
                await asyncio.wait_for(self._service.work.wait(), POLL_SECONDS)
            except TimeoutError:
                idle += POLL_SECONDS
            if idle >= IDLE_SECONDS:
                await self._speech.close()

    async def close(self) -> None:
        await self._speech.close()

    async def speak_next(self) -> bool:
        """Speak one pending prompt; whether there was one."""
        async with self._sessions() as session, session.begin():
            prompt = await store.next_pending(session)
        if prompt is None:
            return False
        try:
            name, milliseconds = await self._sound_of(prompt)
        except SpeechUnavailableError as error:
            log.error("prompt %s could not be spoken: %s", prompt.name, error)  # noqa: TRY400 - no trace needed
            await self._failed(prompt, error.en)
        else:
            await self._ready(prompt, name, milliseconds)
        return True

    async def _sound_of(self, prompt: Prompt) -> tuple[str, int]:
        files = self._service.files
        with files.workplace() as folder:
            made = Path(folder) / "prompt.wav"
            sha256 = await self._speak(prompt.text, prompt.voice, made)
            layout = wav_layout(made)
            return files.keep(made, sha256), round(layout.frames * 1000 / layout.rate)

    async def _speak(self, text: str, voice: str, out: Path) -> str:
        """Write the sound to `out`; its hash. Raises SpeechUnavailableError."""
        known = cached(self._directory, text, voice)
        if known is not None:
            return _copied(known, out)
        answer = await self._speech.speak(text, voice, out)
        if answer.error:
            raise SpeechUnavailableError(answer.error_en)
        return answer.sha256

    async def _ready(self, prompt: Prompt, name: str, milliseconds: int) -> None:
        async with self._sessions() as session, session.begin():
            await store.set_ready(session, prompt, name, milliseconds)
            await bump_revision(session)

    async def _failed(self, prompt: Prompt, error: str) -> None:
        async with self._sessions() as session, session.begin():
            await store.set_failed(session, prompt, error)

    async def preview(self, text: str, voice: str) -> str:
        """Speak a text to be listened to; the name of the file in the previews. Raises SpeechUnavailableError."""
        key = cache_key("preview", voice, 1.0, text)
        out = self._previews / f"{key}.wav"
        if not out.is_file():
            await self._speak(text, voice, out)
            kept = sorted(self._previews.glob("*.wav"), key=lambda file: file.stat().st_mtime)
            for old in kept[:-PREVIEWS_KEPT]:
                old.unlink(missing_ok=True)
        return key

    def preview_file(self, key: str) -> Path | None:
        file = self._previews / f"{key}.wav"
        return file if file.is_file() else None
