"""The configuration file: what is wrong is refused with file, line and reason."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.config import Config, ConfigError, load, parse

GOOD = """\
time_zone = "Asia/Shanghai"

[database]
url = "postgresql+psycopg://hcc@/hcc"

[desk]
address = "127.0.0.1"
port = 9001
"""

BAD = [
    ("time_zone = 3\n", 1, "time_zone"),
    ("\n\ncolour = 'red'\n", 3, "colour"),
    ("[paths]\nstate = '/x'\n\n[desk]\nprot = 1\n", 5, "prot"),
    ("[databse]\nurl = 'x'\n", 1, "databse"),
    ("[database]\n\nurl = 7\n", 3, "database.url"),
    ("[desk]\nport = '8701'\n", 2, "desk.port"),
    ("[pbx]\nuser = 'a'\n[desk]\naddress = true\n", 4, "desk.address"),
    ("log_level = 'INFO'\n[desk]\nport = 8701\n[desk]\n", 4, ""),
    ("a = \n", 1, ""),
    ("[desk\n", 1, ""),
    ("log_level = 'INFO'\nlog_level = 'DEBUG'\n", 2, ""),
    ("database = 'sqlite'\n", 1, "database"),
]


@pytest.mark.parametrize(("text", "line", "key"), BAD)
def test_wrong_line_is_named_with_the_file_and_the_reason(text: str, line: int, key: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(text, "/etc/hcc/hcc.toml")
    message = str(refused.value)
    assert message.startswith("/etc/hcc/hcc.toml")
    assert f"line {line}" in message
    assert key.rsplit(".", maxsplit=1)[-1] in message
    assert len(message) > len("/etc/hcc/hcc.toml: line 1: ")


def test_good_file_is_read_and_the_rest_are_defaults():
    config = parse(GOOD, "hcc.toml")
    assert config.database.url.startswith("postgresql")
    assert config.desk.port == 9001
    assert config.admin == Config().admin


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("time_zone = 'Mars/Olympus'\n", "time_zone"),
        ("log_level = 'LOUD'\n", "log_level"),
        ("[desk]\nport = 70000\n", "port"),
        ("[desk]\nport = -1\n", "port"),
        ("[database]\nurl = 'mysql://x/y'\n", "url"),
        ("[database]\nurl = 'not a url'\n", "url"),
        ("[paths]\nstate = 'relative/path'\n", "state"),
    ],
)
def test_impossible_value_is_refused_when_the_file_is_read_not_later(text: str, word: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(text, "hcc.toml")
    assert word in str(refused.value)
    assert f"line {text.count('\n')}" in str(refused.value)


def test_absent_file_means_defaults(tmp_path: Path) -> None:
    assert load(tmp_path / "none.toml") == Config()


def test_unreadable_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "hcc.toml"
    file.write_bytes(b"time_zone = '\xff\xfe'\n")
    with pytest.raises(ConfigError, match=r"hcc\.toml"):
        load(file)
    with pytest.raises(ConfigError, match=str(tmp_path)):
        load(tmp_path)


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=80))
def test_no_text_fails_in_another_way(text: str) -> None:
    with contextlib.suppress(ConfigError):
        parse(text, "hcc.toml")
