"""What the two boxes tell each other about files. Pure."""

from dataclasses import dataclass
from typing import Annotated

import msgspec

from appliance.clock import Millis

RECORDING = r"[0-9]{4}/[0-9]{2}/[0-9]{2}/[0-9A-Za-z_-]{1,40}\.wav"
PROMPT = r"[0-9a-f]{64}\.wav"
SPOOLED = r"[0-9A-Za-z_-]{1,40}"
"""Names as we make them. Nothing else is asked for, sent, or written, wherever it comes from."""

MOST_NAMED = 500
"""In one message."""

type RecordingId = Annotated[str, msgspec.Meta(pattern=f"^{SPOOLED}$")]
type Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
type StoreId = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]


class Spooled(msgspec.Struct, frozen=True):
    """A recording as the exchange writes it."""

    id: RecordingId
    size_bytes: int
    quiet_ms: int
    """Since it grew last."""


class State(msgspec.Struct, frozen=True):
    """What a box says of its files."""

    run: str
    """Of the program: another one may have files that its predecessor had not."""
    store: StoreId
    """Which disk it is: an exchanged one has no copies yet."""
    active: bool
    spool: tuple[Spooled, ...] = ()


class Copy(msgspec.Struct, frozen=True):
    """A recording that lies, verified, on the disk of the box that says so."""

    id: RecordingId
    sha256: Hash


class Copies(msgspec.Struct, frozen=True):
    store: StoreId
    copies: Annotated[tuple[Copy, ...], msgspec.Meta(max_length=MOST_NAMED)]


class Names(msgspec.Struct, frozen=True):
    ids: Annotated[tuple[RecordingId, ...], msgspec.Meta(max_length=MOST_NAMED)]


@dataclass(frozen=True)
class Filed:
    """A recording's row, as far as files are concerned."""

    id: str
    file: str
    size_bytes: int
    sha256: str
    status: str
    salvaged: bool


@dataclass(frozen=True)
class OneCopy:
    """Finished recordings of which the pair has one copy only, or none that it knows."""

    count: int
    oldest: Millis | None
    """When the oldest of them began."""
