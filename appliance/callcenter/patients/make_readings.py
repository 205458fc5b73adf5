"""Writes the table of readings: `python -m appliance.callcenter.patients.make_readings FILE`, or to standard output.

One line for each character, and for each phrase of up to four characters that is read otherwise than its parts are
alone: the text, a tabulator, its syllables without tones. The dictionaries that it comes from would cost each program
54 MiB; they say the same for all but 3 of 100 phrases.
"""

import sys
from pathlib import Path

from pypinyin import lazy_pinyin
from pypinyin.phrases_dict import phrases_dict
from pypinyin.pinyin_dict import pinyin_dict

from appliance.callcenter.patients.readings import LONGEST, spelled


def readings() -> dict[str, str]:
    """All characters, and those phrases that what is shorter would spell otherwise."""
    known = {character: lazy_pinyin(character)[0] for character in map(chr, pinyin_dict)}
    for phrase in sorted((phrase for phrase in phrases_dict if len(phrase) <= LONGEST), key=len):
        right = lazy_pinyin(phrase)
        if [syllable for syllable, _ in spelled(phrase, known)] != right:
            known[phrase] = " ".join(right)
    return known


def main() -> int:
    text = "".join(f"{key}\t{value}\n" for key, value in readings().items())
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text, encoding="utf-8")
    else:
        sys.stdout.buffer.write(text.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
