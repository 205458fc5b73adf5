"""Tones to put into a call and to look for in what came out of it."""

import math
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

_FULL_SCALE = 32767.0


def tone(hertz: float, seconds: float, *, rate: int = 8000, level_dbfs: float = -15.0) -> Samples:
    """A sine of `hertz`; `level_dbfs` is its RMS against a full-scale square wave."""
    peak = _FULL_SCALE * math.sqrt(2.0) * 10.0 ** (level_dbfs / 20.0)
    time = np.arange(round(seconds * rate)) / rate
    return np.clip(peak * np.sin(2.0 * math.pi * hertz * time), -_FULL_SCALE, _FULL_SCALE).astype(np.int16)


def silence(seconds: float, *, rate: int = 8000) -> Samples:
    return np.zeros(round(seconds * rate), np.int16)


def longest_gap(samples: Samples, rate: int, hertz: float, block_seconds: float = 0.05) -> float:
    """The longest stretch without the tone, in seconds."""
    block = round(rate * block_seconds)
    longest = present = 0
    for start in range(0, len(samples) - block, block):
        present = 0 if tone_level(samples[start : start + block], rate, hertz) > -35 else present + 1
        longest = max(longest, present)
    return longest * block / rate


def tone_level(samples: Samples, rate: int, hertz: float) -> float:
    """RMS level in dBFS of the part of `samples` at `hertz` (Goertzel's single-bin transform; -120 for none).

    Blocks of 50 ms are summed by power, so the phase jumps of a jitter buffer do not cancel the tone.
    """
    block = rate // 20
    count = len(samples) // block
    if count == 0:
        return -120.0
    shaped = samples[: count * block].reshape(count, block).astype(np.float64) / _FULL_SCALE
    window = np.hanning(block)
    turn = np.exp(-2j * math.pi * hertz * np.arange(block) / rate)
    amplitude = 2.0 * np.abs((shaped * window) @ turn) / window.sum()
    power = float(np.mean(amplitude**2)) / 2.0
    return 10.0 * math.log10(max(power, 1e-12))


def loudness(samples: Samples) -> float:
    """RMS level in dBFS; -120 for silence."""
    if len(samples) == 0:
        return -120.0
    power = float(np.mean((samples.astype(np.float64) / _FULL_SCALE) ** 2))
    return 10.0 * math.log10(max(power, 1e-12))


def write_wav(path: Path, channels: list[Samples], *, rate: int = 8000) -> Path:
    """A 16-bit WAV of one or more equally long channels."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(len(channels))
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(np.column_stack(channels).astype("<i2").tobytes())
    return path


def read_wav(path: Path) -> tuple[list[Samples], int]:
    """The channels of a 16-bit WAV, and its rate."""
    with wave.open(str(path), "rb") as source:
        frames = np.frombuffer(source.readframes(source.getnframes()), "<i2")
        channels, rate = source.getnchannels(), source.getframerate()
    return [np.ascontiguousarray(frames[index::channels]) for index in range(channels)], rate
