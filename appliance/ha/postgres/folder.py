"""The data folder and the files beside it. Everything here may wait for the disk: call it in a thread."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import appliance
from appliance.disk import put_away, sync_folder
from appliance.ha.postgres import commands, configuration
from appliance.ha.postgres.commands import as_user, environment
from appliance.ha.postgres.errors import PostgresError
from appliance.ha.postgres.layout import Ends, Layout
from appliance.ha.postgres.server import postmaster

MAKE_SCRIPT = Path(appliance.__file__).parent.parent / "provisioning" / "postgresql.sh"
MAKE_SECONDS = 60
STANDBY = "standby.signal"
TLS_FILES = ("ca.pem", "member.pem", "member.key")


def exists(data: Path) -> bool:
    return (data / "PG_VERSION").is_file() and (data / "global" / "pg_control").is_file()


def is_standby(data: Path) -> bool:
    """Only PostgreSQL itself, when it is promoted, removes the file."""
    return (data / STANDBY).exists()


def system_identifier(data: Path) -> int | None:
    """Which database it is: the first eight bytes of pg_control. The same on a primary and all its copies."""
    try:
        with (data / "global" / "pg_control").open("rb") as file:
            return int.from_bytes(file.read(8), "little") or None
    except OSError:
        return None


async def control(layout: Layout) -> dict[str, str]:
    """What pg_controldata tells of a server that is down. Raises PostgresError."""
    said = await commands.run([layout.binary("pg_controldata"), str(layout.data)], user=layout.user, seconds=10)
    return {name: value.strip() for name, _, value in (line.partition(":") for line in said.splitlines())}


def make(layout: Layout) -> None:
    """A new database, made as the single box makes its own. What is there is kept. Raises PostgresError."""
    if exists(layout.data):
        return
    words = as_user(layout.user, str(MAKE_SCRIPT), str(layout.data))
    done = subprocess.run(words, capture_output=True, env=environment(), timeout=MAKE_SECONDS, check=False, cwd="/")
    if done.returncode:
        raise PostgresError(f"initdb failed: {done.stderr.decode(errors='replace').strip()[-300:]}")


def check(layout: Layout, *, standby: bool) -> None:
    """Whether the data folder may be started as that. Raises PostgresError."""
    if layout.mark.exists():
        raise PostgresError(f"{layout.data} was left in the middle of a rewind or clone: it must be cloned")
    if not exists(layout.data):
        raise PostgresError(f"there is no database in {layout.data}")
    if not standby and is_standby(layout.data):
        raise PostgresError("it is a standby: only a promotion makes it a primary")


def prepare(layout: Layout, ends: Ends, *, standby: bool) -> None:
    """Settings, certificates and, for a standby, its signal: before each start. Raises PostgresError."""
    with telling(layout):
        prepare_pair(layout, ends)
        _write_data(layout, ends, standby=standby)


@contextlib.contextmanager
def telling(layout: Layout) -> Iterator[None]:
    """What the disk says becomes a PostgresError."""
    try:
        yield
    except OSError as error:
        raise PostgresError(f"{error.filename or layout.home}: {error.strerror}") from error


def prepare_pair(layout: Layout, ends: Ends) -> bool:
    """What is needed to talk to the peer, also before there is a data folder. Returns whether anything is new."""
    for folder in (layout.home, layout.pair, layout.tls):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _own(folder, layout)
    texts = {
        "settings.conf": configuration.settings(layout, ends),
        "hba.conf": configuration.access(ends),
        "ident.conf": configuration.identities(),
    }
    news = [write(layout, layout.pair / name, text) for name, text in texts.items()]
    return any((*news, copy_certificates(layout, ends)))


def copy_certificates(layout: Layout, ends: Ends) -> bool:
    """The server wants them for its own user. Returns whether any has changed since the last time."""
    changed = [
        write(layout, layout.tls / name, (ends.pki / name).read_text(encoding="ascii", errors="strict"))
        for name in TLS_FILES
    ]
    return any(changed)


def _write_data(layout: Layout, ends: Ends, *, standby: bool) -> None:
    data = layout.data
    _remove_stale_pid(data)
    main = data / "postgresql.conf"
    write(layout, main, configuration.with_include(main.read_text(encoding="utf-8")))
    (data / "recovery.signal").unlink(missing_ok=True)
    if not standby:
        return
    auto = data / "postgresql.auto.conf"
    text = auto.read_text(encoding="utf-8") if auto.exists() else ""
    write(layout, auto, configuration.closed(text, ends.peer))
    write(layout, data / STANDBY, "")


def _remove_stale_pid(data: Path) -> None:
    """Of a server that is gone: another process may have its number, and PostgreSQL would refuse to start."""
    pid = postmaster(data)
    with contextlib.suppress(OSError):
        if pid and os.readlink(f"/proc/{pid}/cwd") == str(data):  # noqa: PTH115
            return
    (data / "postmaster.pid").unlink(missing_ok=True)


def write(layout: Layout, path: Path, text: str) -> bool:
    """Replace a file in one step, readable for the server alone. Returns False if it says that already."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if path.read_text(encoding="utf-8") == text and not path.is_symlink():
            return False
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        _own(part, layout)
        put_away(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    return True


def set_mark(layout: Layout) -> None:
    write(layout, layout.mark, "The data folder is being rewound or replaced.\n")


def clear_mark(layout: Layout) -> None:
    layout.mark.unlink(missing_ok=True)
    sync_folder(layout.home)


def clear_standby(layout: Layout) -> None:
    (layout.data / STANDBY).unlink(missing_ok=True)


def remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def swap(layout: Layout) -> None:
    """The clone becomes the data folder; the mark must be set. Data of another database are kept beside."""
    theirs, ours = system_identifier(layout.clone), system_identifier(layout.data)
    keep = layout.before if ours is None or ours == theirs else layout.foreign(ours)
    remove(keep)
    if layout.data.exists():
        layout.data.rename(keep)
    layout.clone.rename(layout.data)
    sync_folder(layout.home)


def _own(path: Path, layout: Layout) -> None:
    if os.geteuid() == 0:
        shutil.chown(path, layout.user, layout.user)
