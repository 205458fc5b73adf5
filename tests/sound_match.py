"""Whether a known announcement is in what a telephone heard."""

from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tests.tones import Samples, read_wav

PROMPTS = Path("/opt/hcc/speech/system/zh_CN")
_FRAME, _STEP = 256, 160


def _picture(samples: Samples, without_hertz: float) -> NDArray[np.float64]:
    """How loud each band is, every 20 ms; the bands around `without_hertz` (a tone somebody says) are left out."""
    if len(samples) < _FRAME:
        return np.zeros((0, 1))
    frames = sliding_window_view(samples.astype(np.float64), _FRAME)[::_STEP] * np.hanning(_FRAME)
    bands = np.abs(np.fft.rfft(frames))[:, 8:108]
    hertz = np.arange(8, 108) * 8000 / _FRAME
    return np.log1p(bands[:, np.abs(hertz - without_hertz) > 80])


def similarity(heard: Samples, key: str, *, without_hertz: float = 0.0) -> float:
    """The best correlation of the prompt `key` with any stretch of `heard`: 1 is the same, about 0.3 another."""
    (said,), _ = read_wav(PROMPTS / f"{key}.wav")
    wanted, picture = _picture(said, without_hertz), _picture(heard, without_hertz)
    if len(picture) < len(wanted):
        return 0.0
    wanted = wanted - wanted.mean()
    best = 0.0
    for start in range(len(picture) - len(wanted) + 1):
        stretch = picture[start : start + len(wanted)]
        stretch = stretch - stretch.mean()
        norm = float(np.linalg.norm(stretch) * np.linalg.norm(wanted))
        best = max(best, float((stretch * wanted).sum()) / norm if norm else 0.0)
    return best
