"""Speaks every known prompt while the image is built: `python -m appliance.callcenter.prompts.render OUT [PREVIOUS]`.

OUT already holds the model and the voices. What an earlier image in PREVIOUS has spoken already is taken from there,
as long as nothing that makes the sound has changed since.
"""

import concurrent.futures
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from appliance.callcenter.prompts import kokoro, phonemes, reading, sound
from appliance.callcenter.prompts.audio import SoundFile, write_telephone_wav
from appliance.callcenter.prompts.catalogue import SYSTEM_PROMPTS
from appliance.callcenter.prompts.demo_catalogue import DEMO_PROMPTS
from appliance.callcenter.prompts.kokoro import KokoroEngine
from appliance.callcenter.prompts.reading import has_chinese
from appliance.callcenter.prompts.speech import cache_key, default_voice

LANGUAGES = ("zh_CN", "en")
_SPEED = 1.0


Spoken = tuple[str, str]
"""A text and who says it."""


def wanted() -> list[Spoken]:
    """What is spoken in advance; the longest first, so that no process is left alone with one at the end."""
    every = {(prompt.text(language), prompt.voice(language)) for prompt in SYSTEM_PROMPTS for language in LANGUAGES}
    every |= {(prompt.text, default_voice(prompt.text)) for prompt in DEMO_PROMPTS}
    return sorted(every, key=lambda spoken: (-_length(spoken[0]), spoken))


def _length(text: str) -> int:
    """About how long it takes to say: a Chinese character is a syllable, an English letter a third of one."""
    return len(text) * (3 if has_chinese(text) else 1)


def cache_file(out: Path, spoken: Spoken) -> Path:
    text, voice = spoken
    return out / "cache" / f"{cache_key(KokoroEngine.name, voice, _SPEED, text)}.wav"


class _Speaker:
    """One engine in each process of the pool."""

    engine: KokoroEngine

    @classmethod
    def start(cls, out: Path) -> None:
        cls.engine = KokoroEngine(out, threads=1)

    @classmethod
    def speak(cls, spoken: Spoken, file: Path) -> SoundFile:
        return write_telephone_wav(cls.engine.synthesize(*spoken, _SPEED), file)


def fingerprint() -> str:
    """Changes with every line of code that has a say in how a text sounds."""
    digest = hashlib.sha256()
    for module in (kokoro, phonemes, reading, sound):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()


def _missing(out: Path, previous: Path | None) -> Iterator[Spoken]:
    """What still has to be spoken, after copying what is there already."""
    sign = out / "cache" / "fingerprint"
    sign.write_text(fingerprint())
    if previous and (
        not (theirs := previous / "cache" / sign.name).is_file() or theirs.read_text() != sign.read_text()
    ):
        previous = None
    for spoken in wanted():
        file = cache_file(out, spoken)
        old = cache_file(previous, spoken) if previous else file
        if old.is_file() and old != file:
            shutil.copyfile(old, file)
        if not file.is_file():
            yield spoken


def _link(out: Path) -> None:
    """Stable names for the dialplan, which cannot compute a hash."""
    for language in LANGUAGES:
        folder = out / "system" / language
        folder.mkdir(parents=True, exist_ok=True)
        for prompt in SYSTEM_PROMPTS:
            link = folder / f"{prompt.key}.wav"
            link.unlink(missing_ok=True)
            link.symlink_to(Path("../../cache") / cache_file(out, (prompt.text(language), prompt.voice(language))).name)


def render(out: Path, previous: Path | None, processes: int) -> tuple[int, float]:
    """Speak what is missing; how many texts and how many seconds of sound that was."""
    (out / "cache").mkdir(parents=True, exist_ok=True)
    missing = list(_missing(out, previous))
    with concurrent.futures.ProcessPoolExecutor(processes, initializer=_Speaker.start, initargs=(out,)) as pool:
        written = list(pool.map(_Speaker.speak, missing, [cache_file(out, spoken) for spoken in missing]))
    _link(out)
    return len(written), sum(file.seconds for file in written)


def main() -> None:
    out = Path(sys.argv[1])
    previous = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    count, seconds = render(out, previous, os.process_cpu_count() or 1)
    sys.stdout.write(f"prompts: {count} spoken, {seconds:.0f} s of sound, {len(wanted())} in all\n")


if __name__ == "__main__":
    main()
