"""Runs PostgreSQL's own programs as the database's user; they end with whoever asked for them."""

import asyncio
import os
import re
from collections import deque
from collections.abc import Callable

from appliance.ha.postgres.errors import PostgresError

KEPT_LINES = 80
_PERCENT = re.compile(r"\((\d+)%\)")


def as_user(user: str, *words: str) -> list[str]:
    """The command as `user`, if we are root; ended by the kernel if we die."""
    if os.geteuid() != 0:
        return list(words)
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--pdeathsig=KILL", *words]


def environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin:/usr/sbin:/sbin"), "LC_ALL": "C", "TZ": "UTC"}


def percent(line: str) -> int | None:
    """What pg_basebackup and pg_rewind say of their progress."""
    found = _PERCENT.search(line)
    return int(found.group(1)) if found else None


async def run(
    words: list[str],
    *,
    user: str,
    seconds: float,
    silence: float | None = None,
    line: Callable[[str], None] | None = None,
) -> str:
    """What it printed. Raises PostgresError when it fails, takes longer or is silent; killed when cancelled."""
    name = os.path.basename(words[0])  # noqa: PTH119 - a name, not a file
    process = await asyncio.create_subprocess_exec(
        *as_user(user, *words),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment(),
        cwd="/",
    )
    said: deque[str] = deque(maxlen=KEPT_LINES)
    try:
        async with asyncio.timeout(seconds):
            await _listen(process, said, silence, line)
            status = await process.wait()
    except TimeoutError:
        raise PostgresError(f"{name} took too long") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if status:
        raise PostgresError(f"{name} failed ({status}): {' | '.join(list(said)[-3:])}")
    return "\n".join(said)


async def _listen(
    process: asyncio.subprocess.Process,
    said: deque[str],
    silence: float | None,
    line: Callable[[str], None] | None,
) -> None:
    assert process.stdout is not None
    rest = ""
    while piece := await asyncio.wait_for(process.stdout.read(4096), silence):
        *lines, rest = re.split(r"[\r\n]+", rest + piece.decode(errors="replace"))
        for one in filter(None, lines):
            said.append(one)
            if line is not None:
                line(one)
    if rest:
        said.append(rest)
