"""Addresses of files that browsers keep: each carries a hash, so that a new version is fetched at once."""

import hashlib
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parents[1] / "static"
VENDOR = Path("/opt/hcc/vendor")
"""Built with the image from npm packages; nginx serves it as /static/vendor/."""


@cache
def asset(name: str) -> str:
    """The address of `app/…`, `islands/…` or `vendor/…`."""
    file = VENDOR / name.removeprefix("vendor/") if name.startswith("vendor/") else STATIC / name
    if not file.is_file():
        return f"/static/{name}"
    return f"/static/{name}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:10]}"


def icon(name: str) -> str:
    """The address of one picture of the sprite."""
    return f"{asset('vendor/icons.svg')}#{name}"
