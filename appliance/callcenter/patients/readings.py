"""How Chinese characters are read, without tones."""

import functools
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

TABLE = Path(__file__).with_name("readings.txt")
"""Made when the image is built. A checkout has none: there it is made anew in a process of its own."""
LONGEST = 4
"""Characters of the longest phrase in the table."""
MAKER = "appliance.callcenter.patients.make_readings"


@functools.cache
def table() -> dict[str, str]:
    """Character or phrase -> its syllables with blanks in between."""
    if TABLE.exists():
        text = TABLE.read_text(encoding="utf-8")
    else:
        text = subprocess.run(
            [sys.executable, "-m", MAKER], capture_output=True, check=True, timeout=30
        ).stdout.decode()
    pairs = (line.split("\t") for line in text.splitlines())
    return {key: sys.intern(value) for key, value in pairs}


def syllables(text: str) -> Iterator[tuple[str, bool]]:
    """Syllables of `text` from left to right, the longest phrase first; what is no Chinese comes as it is and False."""
    return spelled(text, table())


def spelled(text: str, known: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    """`syllables` by the readings in `known`."""
    at = 0
    while at < len(text):
        for length in range(min(LONGEST, len(text) - at), 0, -1):
            read = known.get(text[at : at + length])
            if read is not None:
                yield from ((syllable, True) for syllable in read.split(" "))
                at += length
                break
        else:
            yield text[at], False
            at += 1
