"""Speaks the system's prompts while the image is built: `python -m appliance.callcenter.prompts.render OUT [PREVIOUS]`.

OUT already holds the model and the voices. What an earlier image in PREVIOUS has spoken already is taken from there,
as long as nothing that makes the sound has changed since.
"""

import concurrent.futures
import hashlib
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from appliance.callcenter.prompts import kokoro, phonemes, reading, sound
from appliance.callcenter.prompts.audio import SoundFile, write_telephone_wav
from appliance.callcenter.prompts.catalogue import SYSTEM_PROMPTS
from appliance.callcenter.prompts.kokoro import KokoroEngine
from appliance.callcenter.prompts.reading import has_chinese
from appliance.callcenter.prompts.speech import cache_key

LANGUAGES = ("zh_CN", "en")
_SPEED = 1.0


Spoken = tuple[str, str]
"""A text and who says it."""


def wanted() -> list[Spoken]:
    """What is spoken in advance."""
    every = {(prompt.text(language), prompt.voice(language)) for prompt in SYSTEM_PROMPTS for language in LANGUAGES}
    return sorted(every)


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
    def start(cls, directory: Path) -> None:
        cls.engine = KokoroEngine(directory, threads=1)

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


def speak(texts: Iterable[Spoken], out: Path, directory: Path) -> str:
    """Speak them into the cache of `out`, with the model in `directory` and all processors; a line about it."""
    (out / "cache").mkdir(parents=True, exist_ok=True)
    # The longest first, so that no process is left alone with one at the end.
    ordered = sorted(texts, key=lambda spoken: -_length(spoken[0]))
    with concurrent.futures.ProcessPoolExecutor(
        os.process_cpu_count(), initializer=_Speaker.start, initargs=(directory,)
    ) as pool:
        written = list(pool.map(_Speaker.speak, ordered, [cache_file(out, spoken) for spoken in ordered]))
    return f"{len(written)} prompts spoken, {sum(file.seconds for file in written):.0f} s of sound\n"


def main() -> None:
    out = Path(sys.argv[1])
    previous = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    sys.stdout.write(speak(_missing(out, previous), out, out))
    _link(out)


if __name__ == "__main__":
    main()
