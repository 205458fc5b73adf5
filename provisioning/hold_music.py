"""Composes the hold music while the image is built: `python hold_music.py OUT`. Nobody holds a right to it but us.

A slow pentatonic tune over broken chords, plucked softly; four chords a phrase, the same seed always gives the same
piece. Written as telephone sound (8 kHz, 16 bit, mono) that can be repeated without a seam.
"""

import random
import sys
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 8000
BEAT_SECONDS = 0.75
BEATS_PER_BAR = 4
BARS = 24
LEVEL = 0.16
"""RMS of the result against full scale: a little below speech."""

# Semitones from A3. Chords of G major without the leading note, tune on its pentatonic scale.
CHORDS = ((-2, 2, 5), (3, 7, 10), (-5, -2, 2), (0, 3, 7))
SCALE = (10, 12, 14, 17, 19, 22, 24)


def pitch(semitones: float) -> float:
    """Frequency in hertz."""
    return float(220.0 * 2.0 ** (semitones / 12))


def pluck(hertz: float, seconds: float, strength: float) -> NDArray[np.float64]:
    """One soft note: three partials that die away, the higher the sooner."""
    time = np.arange(int(RATE * seconds)) / RATE
    tone = np.zeros_like(time)
    for partial, weight in ((1, 1.0), (2, 0.35), (3, 0.12)):
        tone += weight * np.sin(2 * np.pi * hertz * partial * time) * np.exp(-time * (1.2 + 0.9 * partial))
    attack = np.minimum(time / 0.02, 1.0)
    release = np.minimum((seconds - time) / 0.05, 1.0)
    return np.asarray(strength * tone * attack * release, dtype=np.float64)


def add(track: NDArray[np.float64], at_beat: float, note: NDArray[np.float64]) -> None:
    """Mix a note in; what rings over the end goes on at the beginning, so that the loop has no seam."""
    start = int(at_beat * BEAT_SECONDS * RATE)
    places = (start + np.arange(len(note))) % len(track)
    track[places] += note


def rhythm_of(bar: int) -> tuple[float, ...]:
    """Lengths of the notes in beats; the last bar of a phrase has one long note."""
    if bar % 4 == 3:
        return (3.0,)
    return (2.0, 1.0, 1.0) if bar % 2 == 0 else (1.0, 1.0, 2.0)


def tune(chooser: random.Random) -> list[tuple[float, int, float]]:
    """Notes as (beat, semitones, beats long): steps rather than leaps, a rest at the end of each phrase."""
    notes: list[tuple[float, int, float]] = []
    place = len(SCALE) // 2
    for bar in range(BARS):
        beat = float(bar * BEATS_PER_BAR)
        for length in rhythm_of(bar):
            place = min(max(place + chooser.choice((-2, -1, -1, 1, 1, 2)), 0), len(SCALE) - 1)
            notes.append((beat, SCALE[place], length))
            beat += length
    return notes


def compose() -> NDArray[np.int16]:
    """The whole piece."""
    track = np.zeros(int(BARS * BEATS_PER_BAR * BEAT_SECONDS * RATE))
    for bar in range(BARS):
        chord = CHORDS[bar % len(CHORDS)]
        for step in range(BEATS_PER_BAR * 2):
            semitones = chord[(0, 1, 2, 1)[step % 4]]
            add(track, bar * BEATS_PER_BAR + step / 2, pluck(pitch(semitones), 1.6, 0.35))
    for beat, semitones, length in tune(random.Random(4)):
        add(track, beat, pluck(pitch(semitones), length * BEAT_SECONDS + 1.0, 0.8))
    track *= LEVEL / np.sqrt(np.mean(track**2))
    return np.asarray(np.clip(track, -0.7, 0.7) * 32767, dtype=np.int16)


def main() -> None:
    out = Path(sys.argv[1]) / "hold.wav"
    with wave.open(str(out), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(compose().tobytes())


if __name__ == "__main__":
    main()
