"""Text to the phoneme letters that the Kokoro voice was trained on, for Mandarin and for American English.

Mandarin needs no word list beyond pypinyin's, whose phrase dictionary settles most characters with several
readings; tones are written as in the dictionary, because the voice has learned tone sandhi by itself. English comes
from the pronouncing dictionary in the misaki package; what is not in it is built from a known stem or spelled.
"""

import functools
import importlib.resources
import json
import re

from pypinyin import Style, lazy_pinyin
from pypinyin.contrib.tone_convert import to_finals, to_initials
from pypinyin.seg import mmseg

from appliance.callcenter.prompts.reading import spoken

_INITIALS = {
    "b": "p", "p": "pʰ", "m": "m", "f": "f", "d": "t", "t": "tʰ", "n": "n", "l": "l", "g": "k", "k": "kʰ", "h": "x",
    "j": "ʨ", "q": "ʨʰ", "x": "ɕ", "zh": "ꭧ", "ch": "ꭧʰ", "sh": "ʂ", "r": "ɻ", "z": "ʦ", "c": "ʦʰ", "s": "s", "": "",
}  # fmt: skip
# The tone letter stands between the two halves: the training text put it before a closing nasal.
_FINALS = {
    "a": ("a", ""), "ai": ("ai", ""), "an": ("a", "n"), "ang": ("a", "ŋ"), "ao": ("au", ""),
    "e": ("ɤ", ""), "ei": ("ei", ""), "en": ("ə", "n"), "eng": ("ə", "ŋ"), "er": ("ɚ", ""), "ê": ("ɛ", ""),
    "o": ("ɔ", ""), "ong": ("ʊ", "ŋ"), "ou": ("ou", ""),
    "i": ("i", ""), "ia": ("ja", ""), "ian": ("jɛ", "n"), "iang": ("ja", "ŋ"), "iao": ("jau", ""), "ie": ("je", ""),
    "in": ("i", "n"), "ing": ("i", "ŋ"), "io": ("jɔ", ""), "iong": ("jʊ", "ŋ"), "iou": ("jou", ""),
    "u": ("u", ""), "ua": ("wa", ""), "uai": ("wai", ""), "uan": ("wa", "n"), "uang": ("wa", "ŋ"),
    "uei": ("wei", ""), "uen": ("wə", "n"), "ueng": ("wə", "ŋ"), "uo": ("wo", ""),
    "v": ("y", ""), "van": ("ɥɛ", "n"), "ve": ("ɥe", ""), "vn": ("y", "n"),
    "m": ("m", ""), "n": ("n", ""), "ng": ("ŋ", ""),
}  # fmt: skip
_TONES = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}
_BUZZING = {"zh", "ch", "sh", "r", "z", "c", "s"}
"""Initials after which a written i is the buzzed vowel ɨ."""
_LIPS = {"b", "p", "m", "f"}
"""Initials after which a written o has a glide before it."""

_WEAK = {"a": "ɐ", "an": "ɐn", "the": "ðə", "to": "tə"}
_ENDINGS = (("'s", "z"), ("ies", "iz"), ("es", "ɪz"), ("s", "z"), ("ing", "ɪŋ"), ("ed", "d"))
_VOICELESS = "ptkfθ"
_LETTERS = re.compile(r"[A-Za-z][A-Za-z']*")
_PIECE = re.compile(r"[㐀-鿿]+|[A-Za-z][A-Za-z']*(?:[ -]+[A-Za-z][A-Za-z']*)*|[^A-Za-z㐀-鿿]+")


def _syllable(pinyin: str) -> str:
    """One numbered pinyin syllable ("guan1") in the voice's letters; nothing for what is no syllable."""
    tone = _TONES.get(pinyin[-1:])
    if tone is None:
        return ""
    body = pinyin[:-1]
    initial = to_initials(body, strict=True)
    final = to_finals(body, strict=True, v_to_u=False)
    if final == "i" and initial in _BUZZING:
        return f"{_INITIALS[initial]}ɨ{tone}"
    if final == "o" and initial in _LIPS:
        final = "uo"
    nucleus, coda = _FINALS.get(final, ("", ""))
    return f"{_INITIALS.get(initial, '')}{nucleus}{tone}{coda}" if nucleus else ""


def _mandarin(characters: str) -> str:
    """Chinese characters only; a space between words, as in the training text."""
    syllables = lazy_pinyin(characters, style=Style.TONE3, neutral_tone_with_five=True, errors="ignore")
    if len(syllables) != len(characters):
        return " ".join(_syllable(syllable) for syllable in syllables)
    words, start = [], 0
    for word in mmseg.seg.cut(characters):
        words.append("".join(_syllable(syllable) for syllable in syllables[start : start + len(word)]))
        start += len(word)
    return " ".join(words)


@functools.cache
def _english_words() -> dict[str, str]:
    """The pronouncing dictionary: checked entries win over generated ones."""
    folder = importlib.resources.files("misaki") / "data"
    words: dict[str, str] = {}
    for name in ("us_silver.json", "us_gold.json"):
        entries = json.loads((folder / name).read_text(encoding="utf-8"))
        for word, sound in entries.items():
            plain = sound["DEFAULT"] if isinstance(sound, dict) else sound
            if plain:
                words[word] = plain
    return words


def _known(word: str) -> str:
    words = _english_words()
    return words.get(word) or words.get(word.lower()) or words.get(word.capitalize(), "")


def _inflected(word: str) -> str:
    """A word whose stem is known: agents, arriving, dialled."""
    for ending, sound in _ENDINGS:
        if not word.endswith(ending) or len(word) < len(ending) + 2:
            continue
        stem = word.removesuffix(ending)
        stems = (stem, stem + "e", stem + "y", stem[:-1] if stem[-2] == stem[-1] else stem)
        base = next(filter(None, map(_known, stems)), "")
        if base:
            return base + ("s" if sound == "z" and base[-1] in _VOICELESS else sound)
    return ""


def _english_word(word: str) -> str:
    if word in _WEAK:
        return _WEAK[word]
    if word.isupper() and 1 < len(word) <= 4:
        return _english_words().get(word) or " ".join(_known(letter) for letter in word)
    return _known(word) or _inflected(word.lower()) or " ".join(_known(letter.upper()) for letter in word)


def _english(words: str) -> str:
    return " ".join(_english_word(word.strip("'")) for word in _LETTERS.findall(words) if word.strip("'"))


def phonemes(text: str) -> str:
    """What the voice is given for `text`: phoneme letters, spaces and `, . ! ? ; :`."""
    parts = []
    for piece in _PIECE.findall(spoken(text)):
        if "㐀" <= piece[0] <= "鿿":
            parts.append(_mandarin(piece))
        elif piece[0].isalpha():
            parts.append(f" {_english(piece)} ")
        else:
            parts.append(re.sub(r"[^,.!?;: ]", " ", piece) + " ")
    return re.sub(r"\s+", " ", re.sub(r"\s+([,.!?;:])", r"\1", "".join(parts))).strip(" ,;:")
