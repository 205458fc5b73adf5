"""Text to speech: which engines there are, what they are asked, and what was spoken before the box was delivered."""

import hashlib
import subprocess
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Protocol

import msgspec

from appliance.callcenter.prompts.audio import decoded
from appliance.callcenter.prompts.reading import has_chinese, spoken
from appliance.callcenter.prompts.sound import Sound
from appliance.callcenter.prompts.voices import CHINESE_VOICE, ENGLISH_VOICE, VOICES
from appliance.errors import UserError

LONGEST_TEXT = 500
SLOWEST, FASTEST = 0.5, 2.0
_ENGINE_SECONDS = 60.0
_LARGEST_ANSWER_BYTES = 32 * 1024 * 1024


class TextTooLongError(UserError):
    code, status, zh, en = "text-too-long", 422, "文字太长，最多 500 字", "The text is too long: at most 500 characters"


class UnspeakableTextError(UserError):
    code, status, zh, en = "text-unspeakable", 422, "文字中没有可以朗读的内容", "There is nothing in the text to speak"


class UnknownVoiceError(UserError):
    code, status, zh, en = "voice-unknown", 422, "没有该发音人", "There is no such voice"


class SpeedError(UserError):
    code, status, zh, en = "speed-range", 422, "语速应在 0.5 到 2.0 之间", "The speed must be between 0.5 and 2.0"


class SpeechUnavailableError(UserError):
    code, status, zh, en = "speech-unavailable", 503, "语音合成暂时不可用", "The speech engine is not available"


class SpeechSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How this hospital wants to be spoken for."""

    engine: str = "kokoro"
    """`kokoro`, `espeak` or `http`."""
    url: str = ""
    """For `http`: gets a POST of {"text", "voice", "speed"} as JSON and answers with a sound file."""
    directory: str = "/opt/hcc/speech"
    """Where model, voices and the prompts spoken in advance lie."""


class SpeechEngine(Protocol):
    """Turns text into sound. `text` has passed `check`; engines raise SpeechUnavailableError when they cannot."""

    name: str

    def synthesize(self, text: str, voice: str, speed: float) -> Sound: ...


def default_voice(text: str) -> str:
    """The voice for a text that names none: Mandarin as soon as there is a Chinese character in it."""
    return CHINESE_VOICE if has_chinese(text) else ENGLISH_VOICE


def check(text: str, voice: str, speed: float) -> None:
    """Refuse what no engine can speak. Raises one of the errors above, never anything else."""
    if len(text) > LONGEST_TEXT:
        raise TextTooLongError
    if not any(character.isalnum() for character in spoken(text)):
        raise UnspeakableTextError
    if voice not in {known.key for known in VOICES}:
        raise UnknownVoiceError(voice[:32])
    if not SLOWEST <= speed <= FASTEST:  # also refuses NaN
        raise SpeedError


class EspeakEngine:
    """The small fall-back: a robot's voice, but it needs no model and 25 MB."""

    name = "espeak"
    _WORDS_PER_MINUTE = 165

    def synthesize(self, text: str, voice: str, speed: float) -> Sound:
        """Speak with espeak-ng; of `voice` only the language counts."""
        language = "en-us" if voice.startswith(("a", "b")) else "cmn"
        words = str(round(self._WORDS_PER_MINUTE * speed))
        with tempfile.TemporaryDirectory(prefix="hcc-espeak-") as folder:
            out = Path(folder) / "speech.wav"
            command = ["espeak-ng", "-v", language, "-s", words, "-w", str(out), "--stdin"]
            try:
                subprocess.run(
                    command,
                    input=spoken(text).encode(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    timeout=_ENGINE_SECONDS,
                    check=True,
                )
            except (OSError, subprocess.SubprocessError) as error:
                raise SpeechUnavailableError("espeak-ng") from error
            return decoded(out)


class HttpEngine:
    """The hospital's own speech server."""

    name = "http"

    def __init__(self, url: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise SpeechUnavailableError("url")
        self._url = url

    def synthesize(self, text: str, voice: str, speed: float) -> Sound:
        """Ask the server; its answer is treated like a stranger's upload."""
        body = msgspec.json.encode({"text": text, "voice": voice, "speed": speed})
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked above
            self._url, body, {"Content-Type": "application/json"}, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=_ENGINE_SECONDS) as answer:  # noqa: S310 - as above
                data = answer.read(_LARGEST_ANSWER_BYTES)
        except (OSError, ValueError, urllib.error.URLError) as error:
            raise SpeechUnavailableError(f"{self._url}: {error}"[:200]) from error
        with tempfile.NamedTemporaryFile(prefix="hcc-speech-") as file:
            file.write(data)
            file.flush()
            return decoded(Path(file.name))


def cache_key(engine: str, voice: str, speed: float, text: str) -> str:
    """The name under which a spoken text is kept: the same words in the same voice are spoken once."""
    parts = "\0".join([engine, voice, f"{speed:.2f}", text])
    return hashlib.sha256(parts.encode()).hexdigest()


def cached(directory: Path, text: str, voice: str = "", speed: float = 1.0, engine: str = "kokoro") -> Path | None:
    """The telephone-ready WAV of a text spoken when the image was built, or None.

    Empty `voice` means the default for the text's language.
    """
    file = directory / "cache" / f"{cache_key(engine, voice or default_voice(text), speed, text)}.wav"
    return file if file.is_file() else None
