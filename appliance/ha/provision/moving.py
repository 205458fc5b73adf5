"""A box in use moves its data from SQLite to PostgreSQL before it becomes the first of a pair.

Broken off anywhere, it can be repeated: SQLite stays the database until everything has arrived and was counted, and its
file is only read. What was going on moves along, so talks go on while the programs are away.
"""

import subprocess
import sys
from pathlib import Path

from appliance import config
from appliance.ha.provision import database, machine
from appliance.ha.provision.errors import MoveError
from appliance.ha.provision.places import Places, write

PROGRAMS = ("hcc-desk.service", "hcc-admin.service", "hcc-recordings.service")
SERVER = "hcc-postgresql.service"
COPY = ("runuser", "-u", "hcc", "--", sys.executable, "-P", "-m", "provisioning.move_database")
HOURS = 3


def move(places: Places) -> str:
    """What was moved, in words. Raises MoveError; then the box goes on with SQLite."""
    settings = config.load(places.settings_file)
    _claim(places)
    machine.stop(*PROGRAMS)
    try:
        places.postgresql_mark.touch()
        machine.start(SERVER)
        moved = _copy(settings.database.url)
        database.use_postgresql(places)
    except BaseException:
        places.postgresql_mark.unlink(missing_ok=True)
        machine.stop(SERVER)
        raise
    finally:
        machine.start(*PROGRAMS)
    _mark(places).unlink()
    return moved


def _claim(places: Places) -> None:
    """A database that somebody else made there is not written over."""
    folder = places.root / "var/lib/hcc-postgresql/18"
    if folder.exists() and not _mark(places).exists():
        raise MoveError(f"{folder}: there is a database already")
    write(_mark(places), b"", mode=0o644)


def _mark(places: Places) -> Path:
    return places.root / "var/lib/hcc/moving-to-postgresql"


def _copy(source: str) -> str:
    words = [*COPY, source, database.URL]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=HOURS * 3600, cwd="/")
    if done.returncode:
        raise MoveError(done.stderr.strip()[-300:])
    return done.stdout.strip()
