"""What the program `replica` says of recordings and prompts: for `hcc cluster status` and the cluster page."""

import time
from pathlib import Path

import msgspec

from appliance.clock import Millis
from appliance.ha.decision.readiness import NotReady

PROGRESS = Path("/run/hcc-replica/progress.json")
FRESH_MS = 120_000
BEHIND_MS = 1_800_000


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


OTHERWISE_TOLD = frozenset(
    {
        NotReady.PEER_SILENT,
        NotReady.PEER_IN_MAINTENANCE,
        NotReady.NOBODY_ACTIVE,
        NotReady.AGENT_SILENT,
        NotReady.NO_SECOND_BOX,
    }
)
"""Reasons which say already why nothing follows."""


def with_files(reasons: tuple[NotReady, ...], files: FilesView | None, now: Millis) -> tuple[NotReady, ...]:
    """Why the pair is not redundant, when the active box's files are looked at too."""
    if not OTHERWISE_TOLD.isdisjoint(reasons):
        return reasons
    if files is None or not files.peer:
        return (*reasons, NotReady.FILES_SILENT)
    if files.oldest is not None and now - files.oldest > BEHIND_MS:
        return (*reasons, NotReady.FILES_BEHIND)
    return reasons
