"""The Kokoro voice (82 M parameters, int8 ONNX): Mandarin and American English on the box's own processor."""

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from appliance.callcenter.prompts.phonemes import phonemes
from appliance.callcenter.prompts.sound import Samples, Sound, silence, trimmed

_RATE = 24000
# The numbers under which the published model learned its letters; those Mandarin and English never use are left out.
_NUMBERS = dict(zip(";:,.!?", range(1, 7), strict=True)) | {
    " ": 16, "ʣ": 18, "ʥ": 19, "ʦ": 20, "ʨ": 21, "ꭧ": 23, "A": 24, "I": 25, "O": 31, "Q": 33, "W": 39, "Y": 41, "ᵊ": 42,
    "a": 43, "b": 44, "d": 46, "e": 47, "f": 48, "h": 50, "i": 51, "j": 52, "k": 53, "l": 54, "m": 55, "n": 56, "o": 57,
    "p": 58, "s": 61, "t": 62, "u": 63, "v": 64, "w": 65, "x": 66, "y": 67, "z": 68, "ɑ": 69, "ɐ": 70, "æ": 72, "ɔ": 76,
    "ɕ": 77, "ð": 81, "ʤ": 82, "ə": 83, "ɚ": 85, "ɛ": 86, "ɜ": 87, "ɡ": 92, "ɥ": 99, "ɨ": 101, "ɪ": 102, "ŋ": 112,
    "θ": 119, "ɹ": 123, "ɾ": 125, "ɻ": 126, "ʂ": 130, "ʃ": 131, "ʧ": 133, "ʊ": 135, "ʌ": 138, "ɤ": 140, "ʒ": 147,
    "ˈ": 156, "ˌ": 157, "ː": 158, "ʰ": 162, "↓": 169, "→": 171, "↗": 172, "↘": 173, "ᵻ": 177,
}  # fmt: skip
_LONGEST_PIECE = 240
"""Letters given to the model at once; it takes 510, and gets hasty near its end."""
_SENTENCE_ENDS = (".", "!", "?", ";")
_STYLE_WIDTH = 256
_SENTENCE_PAUSE_SECONDS = 0.32
_CLAUSE_PAUSE_SECONDS = 0.14


class KokoroEngine:
    """Holds the model (about 0.5 GB of memory while it speaks): live in a process that ends when idle."""

    name = "kokoro"

    def __init__(self, directory: Path, threads: int = 2) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(directory / "kokoro.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._directory = directory
        self._styles: dict[str, NDArray[np.float32]] = {}

    def synthesize(self, text: str, voice: str, speed: float) -> Sound:
        """Speak `text`; 24 kHz, the ends trimmed."""
        pieces: list[Samples] = []
        for piece in _pieces(phonemes(text)):
            pause = _SENTENCE_PAUSE_SECONDS if piece.endswith(_SENTENCE_ENDS) else _CLAUSE_PAUSE_SECONDS
            pieces += [self._say(piece, voice, speed), silence(pause, _RATE)]
        return Sound(np.concatenate(pieces[:-1]), _RATE)

    def _style(self, voice: str) -> NDArray[np.float32]:
        if voice not in self._styles:
            file = self._directory / "voices" / f"{voice}.bin"
            self._styles[voice] = np.fromfile(file, np.float32).reshape(-1, _STYLE_WIDTH)
        return self._styles[voice]

    def _say(self, letters: str, voice: str, speed: float) -> Samples:
        style = self._style(voice)
        numbers = [_NUMBERS[letter] for letter in letters if letter in _NUMBERS]
        (wave,) = self._session.run(
            None,
            {
                "tokens": np.array([[0, *numbers, 0]], np.int64),
                "style": style[min(len(numbers), len(style) - 1)].reshape(1, _STYLE_WIDTH),
                "speed": np.array([speed], np.float32),
            },
        )
        samples = (np.clip(np.asarray(wave, np.float32).ravel(), -1.0, 1.0) * 32767.0).astype(np.int16)
        return trimmed(Sound(samples, _RATE)).samples


def _pieces(letters: str) -> list[str]:
    """As much as the model speaks well at once, cut behind a sentence if there is one, else a comma, else a word.

    Each run costs the time of 1.4 s of silence, so short sentences stay together.
    """
    pieces, rest = [], letters
    while len(rest) > _LONGEST_PIECE:
        head = rest[:_LONGEST_PIECE]
        sentence = max(head.rfind(end + " ") for end in _SENTENCE_ENDS)
        cut = next((at for at in (sentence, head.rfind(", "), head.rfind(" ")) if at > 0), _LONGEST_PIECE - 1)
        pieces.append(rest[: cut + 1].strip())
        rest = rest[cut + 1 :].strip()
    return [*pieces, rest] if rest else pieces
