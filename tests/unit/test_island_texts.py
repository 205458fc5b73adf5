"""The islands' texts: complete in both languages, all used, nothing from outside the box."""

import re
from pathlib import Path

ISLANDS = Path(__file__).parents[2] / "appliance" / "webadmin" / "static" / "islands"
CODE = sorted(path for path in ISLANDS.rglob("*.js") if not path.name.startswith("strings."))
BUILT = (
    "cut.",
    *("state.", "cause.", "lamp.", "wrap.type.", "wrap.outcome.", "phase.", "call.direction.", "keys.", "board."),
    *("call.none_", "banner.", "patient.", "order.", "lists.", "tab.", "script.", "device.", "wrap."),
    *("call.none_", "banner.", "patient.", "room.state_"),
    *("notice.", "parties.consult_", "transfer.way_", "transfer.hint_", "transfer.phone_"),
    *("manager.", "wall.", "call.sticky_", "callbacks."),
)
"""Keys beginning so are put together at run time."""


def texts(language):
    files = [file.read_text(encoding="utf-8") for file in sorted(ISLANDS.glob(f"strings*.{language}.js"))]
    line = re.compile(r'^\s*"([a-z_.-]+)":\s*"((?:[^"\\]|\\.)*)"', re.MULTILINE)
    found = [pair for file in files for pair in line.findall(file)]
    assert len(dict(found)) == len(found), "a key stands in two files"
    return dict(found)


def placeholders(text):
    return sorted(re.findall(r"\{(\w+)\}", text))


def test_both_languages_have_the_same_texts_with_the_same_gaps():
    chinese, english = texts("zh_CN"), texts("en")
    assert chinese.keys() == english.keys()
    assert len(chinese) > 200
    assert [key for key in chinese if placeholders(chinese[key]) != placeholders(english[key])] == []


def test_every_text_asked_for_exists_and_none_is_left_over():
    known = texts("zh_CN")
    code = "\n".join(path.read_text(encoding="utf-8") for path in CODE)
    asked = set(re.findall(r"""\bt\(\s*"([a-z_.]+)\"""", code)) | set(re.findall(r'"([a-z]+\.[a-z_.]+)"', code))
    assert sorted(key for key in re.findall(r"""\bt\(\s*"([a-z_.]+)\"""", code) if key not in known) == []
    left_over = [key for key in known if key not in asked and not key.startswith(BUILT) and key not in code]
    assert left_over == []


def test_islands_load_nothing_from_elsewhere_and_carry_no_inline_style():
    for path in [*CODE, *ISLANDS.rglob("*.css")]:
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"https?://(?!www\.w3\.org)", text) == [], path
        assert 'style="' not in text, path
        assert "eval(" not in text, path


def test_files_stay_short():
    assert [path.name for path in [*CODE, *ISLANDS.rglob("*.css")] if len(path.read_text().splitlines()) > 400] == []
