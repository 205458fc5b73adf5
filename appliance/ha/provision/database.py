"""A pair keeps its data in PostgreSQL. A new box is set to it; one with data of its own elsewhere is not touched."""

import re
from pathlib import Path

from appliance import config
from appliance.ha.provision.errors import DataError
from appliance.ha.provision.places import Places, write

URL = "postgresql+psycopg://hcc@/hcc?host=/run/postgresql"
URL_LINE = f'url = "{URL}"'


def check(places: Places, *, joins: bool) -> None:
    """Raises DataError when data would be lost: `joins`: this box will get everything from the other one."""
    settings = config.load(places.settings_file)
    is_new = (_state(places, settings) / "secrets" / "setup.code").exists()
    has_own = settings.database.url != URL
    if not is_new and (joins or has_own):
        raise DataError("SQLite" if has_own else "PostgreSQL")


def is_elsewhere(places: Places) -> bool:
    """Whether the programs keep their data somewhere else now."""
    return config.load(places.settings_file).database.url != URL


def use_postgresql(places: Places) -> None:
    """From the next start of its programs on, and at every boot."""
    file = places.settings_file
    if config.load(file).database.url == URL:
        return
    text = file.read_text("utf-8") if file.exists() else ""
    write(file, with_url(text), mode=0o644)
    places.postgresql_mark.touch()


def with_url(text: str) -> str:
    """The configuration file's text with the database's address set; everything else stays."""
    lines, section, done = [], "", False
    for line in text.splitlines():
        if re.match(r"\s*\[", line):
            section = line.strip(" \t[]")
        if section == "database" and re.match(r"\s*url\s*=", line):
            continue
        lines.append(line)
        if re.match(r"\s*\[database\]", line):
            lines.append(URL_LINE)
            done = True
    if not done:
        lines += ["", "[database]", URL_LINE] if lines else ["[database]", URL_LINE]
    return "\n".join([*lines, ""])


def _state(places: Places, settings: config.Config) -> Path:
    return places.root / settings.paths.state.lstrip("/")
