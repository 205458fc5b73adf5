"""Where telephones can be reached: Asterisk's contacts, as they stand in its own small database.

A telephone registers for some minutes; a box that takes over in between puts the contacts back before Asterisk starts,
and they ring without registering anew. Contacts over connections (browsers, TCP) end with those and are left out.
"""

import contextlib
import json
import os
import socket
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from appliance.clock import Millis

FILE = "astdb.sqlite3"
FAMILY = "registrar/contact"
_PREFIX = f"/{FAMILY}/"


@dataclass(frozen=True, slots=True)
class Contact:
    """`key` is `<telephone>;@<digest of its address>`, `document` what Asterisk wrote."""

    key: str
    document: str
    expires_at: Millis

    @property
    def telephone(self) -> str:
        return self.key.partition(";@")[0]


def contact(key: str, document: str) -> Contact | None:
    """None for what cannot outlive Asterisk, or is no contact."""
    try:
        known = json.loads(document)
        expires_at = int(known["expiration_time"]) * 1000
        lasting = known.get("prune_on_boot") == "no"
    except ValueError, KeyError, TypeError, AttributeError:
        return None
    return Contact(key, document, expires_at) if lasting else None


def told(answer: str) -> dict[str, Contact]:
    """From what the console says to `database show registrar/contact`, by key."""
    found = {}
    for line in answer.splitlines():
        name, colon, document = line.partition(": ")
        if not colon or not name.startswith(_PREFIX):
            continue
        known = contact(name.strip().removeprefix(_PREFIX), document.strip())
        if known is not None:
            found[known.key] = known
    return found


def latest(contacts: Iterable[Contact], now: Millis) -> list[Contact]:
    """Of each telephone the contact that lasts longest; none that is over."""
    best: dict[str, Contact] = {}
    for one in contacts:
        known = best.get(one.telephone)
        if one.expires_at > now and (known is None or known.expires_at < one.expires_at):
            best[one.telephone] = one
    return list(best.values())


def stored(folder: Path) -> list[Contact]:
    """What a stopped Asterisk left behind; nothing when it cannot be read."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{folder / FILE}?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT key, value FROM astdb WHERE key LIKE ?", (f"{_PREFIX}%",)).fetchall()
    except sqlite3.Error:
        return []
    found = (contact(key.removeprefix(_PREFIX), document) for key, document in rows)
    return [one for one in found if one is not None]


def put_back(folder: Path, contacts: Iterable[Contact], now: Millis) -> int:
    """Before Asterisk starts: what it left itself, and `contacts` from elsewhere. How many; raises OSError."""
    wanted = latest([*stored(folder), *contacts], now)
    part = folder / f"{FILE}.part"
    part.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(part)) as database, database:
        database.execute("CREATE TABLE astdb (key VARCHAR(256), value VARCHAR(256), PRIMARY KEY(key))")
        database.executemany("INSERT INTO astdb VALUES (?, ?)", [(_PREFIX + one.key, one.document) for one in wanted])
    os.chmod(part, 0o660)  # noqa: PTH101 - the group is Asterisk's way in
    (folder / f"{FILE}-journal").unlink(missing_ok=True)
    part.replace(folder / FILE)
    return len(wanted)


def asterisk_runs(console: str) -> bool:
    """Whether somebody listens on the console: then the file is not ours to replace."""
    with socket.socket(socket.AF_UNIX) as door:
        door.settimeout(0.2)
        try:
            door.connect(console)
        except OSError:
            return False
    return True
