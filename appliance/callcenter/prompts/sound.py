"""Sound in memory: 16-bit mono samples, and what is done to them before a caller hears them."""

import dataclasses
import math

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

TELEPHONE_RATE = 8000
_FULL_SCALE = 32767.0
_WINDOW_SECONDS = 0.02
_SPEECH_DBFS = -19.0
_PEAK_DBFS = -3.0
_LEAD_SECONDS = 0.1
_KEPT_EDGE_SECONDS = 0.03
_QUIET_DB = 35.0
"""A window this far below the loudest one is silence at the edges…"""
_SPEECH_DB = 25.0
"""…and one this far below does not count when loudness is measured, so pauses do not make speech louder."""
_FLOOR_DBFS = -55.0
"""Nothing above this in the whole sound: there is nothing to hear, and noise must not be blown up."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Sound:
    samples: Samples
    rate: int

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate


def silence(seconds: float, rate: int) -> Samples:
    return np.zeros(round(seconds * rate), np.int16)


def _levels(sound: Sound) -> NDArray[np.float64]:
    """RMS of each 20 ms window, 0 to 1; the last, shorter window counts too."""
    size = max(round(_WINDOW_SECONDS * sound.rate), 1)
    padding = -len(sound.samples) % size
    power = np.pad(sound.samples, (0, padding)).astype(np.float64) / _FULL_SCALE
    levels: NDArray[np.float64] = np.sqrt(np.mean(power.reshape(-1, size) ** 2, axis=1))
    return levels


def _ratio(decibels: float) -> float:
    return float(10.0 ** (decibels / 20.0))


def is_silent(sound: Sound) -> bool:
    """Whether there is nothing in it that a caller could hear."""
    return len(sound.samples) == 0 or float(_levels(sound).max()) < _ratio(_FLOOR_DBFS)


def trimmed(sound: Sound) -> Sound:
    """Without the silence at both ends; 30 ms are kept so that soft consonants survive."""
    if is_silent(sound):
        return Sound(sound.samples[:0], sound.rate)
    levels = _levels(sound)
    loud = np.flatnonzero(levels > levels.max() * _ratio(-_QUIET_DB))
    size = round(_WINDOW_SECONDS * sound.rate)
    edge = round(_KEPT_EDGE_SECONDS * sound.rate)
    start = max(int(loud[0]) * size - edge, 0)
    end = (int(loud[-1]) + 1) * size + edge
    return Sound(sound.samples[start:end], sound.rate)


def levelled(sound: Sound) -> Sound:
    """Speech brought to -19 dBFS (pauses not counted); where peaks would pass -3 dBFS they are bent, not cut."""
    if is_silent(sound):
        return sound
    levels = _levels(sound)
    speech = levels[levels > levels.max() * _ratio(-_SPEECH_DB)]
    gain = _ratio(_SPEECH_DBFS) / math.sqrt(float(np.mean(speech**2)))
    wave = sound.samples.astype(np.float64) / _FULL_SCALE * gain
    limit = _ratio(_PEAK_DBFS)
    knee = limit * 0.6
    over = np.abs(wave) > knee
    room = limit - knee
    wave[over] = np.sign(wave[over]) * (knee + room * np.tanh((np.abs(wave[over]) - knee) / room))
    return Sound((wave * _FULL_SCALE).astype(np.int16), sound.rate)


def for_telephone(sound: Sound) -> Sound:
    """Trimmed, levelled, and with 0.1 s of silence in front so that the first syllable is not swallowed."""
    body = levelled(trimmed(sound))
    return Sound(np.concatenate([silence(_LEAD_SECONDS, sound.rate), body.samples]), sound.rate)
