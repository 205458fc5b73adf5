"""Files that are there whole or not at all, and last when the power fails."""

import os
from pathlib import Path


def put_away(made: Path, target: Path) -> None:
    """Give a complete file its name, on the same disk, in a folder that is made if need be; it lasts from then on."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with made.open("rb") as file:
        os.fsync(file.fileno())
    made.replace(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """What was named, renamed or removed in it lasts from then on."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
