"""Small rules about text and numbers that every layer shares."""

import re

NUMBER_PATTERN = re.compile(r"[0-9*#+]{1,32}")
"""The only characters that may reach the PBX as a dialled number."""

_PUNCTUATION = re.compile(r"[\s\-()（）.]+")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９＋＊＃", "0123456789+*#")


def is_dialable(number: str) -> bool:
    """Whether `number` may be given to the PBX: 1 to 32 of 0-9 * # +, nothing else."""
    return NUMBER_PATTERN.fullmatch(number) is not None


def tidy_number(number: str) -> str:
    """Take out what people write into telephone numbers: blanks, dashes, brackets, full-width digits."""
    return _PUNCTUATION.sub("", number.translate(_FULL_WIDTH))


def lookup_number(number: str) -> str:
    """The form numbers are compared in: digits only, without the country code 86 and long-distance zeros."""
    digits = re.sub(r"\D", "", number.translate(_FULL_WIDTH))
    digits = digits.removeprefix("0086") if digits.startswith("0086") else digits
    if len(digits) > 11 and digits.startswith("86"):
        digits = digits[2:]
    return digits.lstrip("0") or digits


def mask_number(number: str) -> str:
    """`13812345678` -> `138****5678`; short numbers stay as they are."""
    return number if len(number) < 7 else f"{number[:3]}****{number[-4:]}"
