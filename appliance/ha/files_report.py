"""What the program `replica` says of recordings and prompts: for `hcc cluster status` and the cluster page."""

import time
from pathlib import Path

import msgspec

from appliance.clock import Millis

PROGRESS = Path("/run/hcc-replica/progress.json")
FRESH_MS = 120_000


class FilesView(msgspec.Struct, frozen=True):
    """What `replica` says of recordings and prompts."""

    wall_ms: Millis
    peer: bool
    """Whether the other box answers."""
    one_copy: int
    """How many finished recordings lie on one box only, as far as is known."""
    oldest: Millis | None = None
    """When the oldest of them began."""
    troubles: tuple[str, ...] = ()


def files_report(path: Path = PROGRESS) -> FilesView | None:
    """None: the program does not run here, or has said nothing for too long."""
    try:
        said = msgspec.json.decode(path.read_bytes(), type=FilesView)
    except OSError, msgspec.DecodeError:
        return None
    return said if time.time() * 1000 - said.wall_ms < FRESH_MS else None
