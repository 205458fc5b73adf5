"""Sending sound files, whole or the range a player asks for (RFC 9110, 14)."""

import asyncio
import re
from pathlib import Path
from typing import IO

from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler

BLOCK_BYTES = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def wanted_range(header: str, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last of a single range; None when the whole file is meant.

    Raises ValueError when the range lies outside of the file.
    """
    found = _RANGE.fullmatch(header.replace(" ", ""))
    if found is None or (not found[1] and not found[2]):
        return None
    if not found[1]:
        length = min(int(found[2]), size)
        first, end = size - length, size
    else:
        first = int(found[1])
        end = min(int(found[2]) + 1, size) if found[2] else size
    if first >= end:
        raise ValueError(header)
    return first, end


async def send_file(handler: RequestHandler, path: Path, kind: str, name: str | None) -> None:
    """`name`: offer it for saving under this name; otherwise it is played in the page."""
    loop = asyncio.get_running_loop()
    file = await loop.run_in_executor(None, path.open, "rb")
    with file:
        size = await loop.run_in_executor(None, file.seek, 0, 2)
        handler.set_header("Content-Type", kind)
        handler.set_header("Accept-Ranges", "bytes")
        handler.set_header("Cache-Control", "private, no-cache")
        if name is not None:
            handler.set_header("Content-Disposition", f'attachment; filename="{name}"')
        try:
            part = wanted_range(handler.request.headers.get("Range", ""), size)
        except ValueError:
            handler.set_status(416)
            handler.set_header("Content-Range", f"bytes */{size}")
            await handler.finish()
            return
        first, end = part or (0, size)
        if part is not None:
            handler.set_status(206)
            handler.set_header("Content-Range", f"bytes {first}-{end - 1}/{size}")
        handler.set_header("Content-Length", str(end - first))
        if handler.request.method != "HEAD":
            await _copy(handler, file, first, end)
        await handler.finish()


async def _copy(handler: RequestHandler, file: IO[bytes], first: int, end: int) -> None:
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, file.seek, first)
    left = end - first
    while left > 0:
        block = await loop.run_in_executor(None, file.read, min(BLOCK_BYTES, left))
        if not block:
            return
        left -= len(block)
        handler.write(block)
        try:
            await handler.flush()
        except StreamClosedError:
            return
