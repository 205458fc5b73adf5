"""Fetching one file: gone on with where it broke off, verified, then given its name."""

import asyncio
import contextlib
from pathlib import Path

from appliance.callcenter.replica import places
from appliance.callcenter.replica.model import Filed
from appliance.callcenter.replica.peer import Peer
from appliance.callcenter.replica.places import Folders
from appliance.disk import put_away

LARGEST_PROMPT_BYTES = 64 * 2**20


class WrongContentError(Exception):
    """What came is not what its row says."""


class Fetcher:
    """One file at a time."""

    def __init__(self, peer: Peer, folders: Folders) -> None:
        self._peer = peer
        self._folders = folders

    async def has(self, row: Filed) -> bool:
        """Whether the recording lies here, as its row says it is. Raises BadNameError."""
        path = self._folders.recording(row.file)
        if await asyncio.to_thread(places.size_of, path) != row.size_bytes:
            return False
        return await asyncio.to_thread(places.hash_of, path) == row.sha256

    async def recording(self, row: Filed) -> None:
        """Raises WrongContentError, NotThereError, PeerAwayError, FullError, BadNameError, OSError."""
        target = self._folders.recording(row.file)
        part = self._folders.incoming / target.name
        have = await asyncio.to_thread(places.size_of, part) or 0
        if have > row.size_bytes:
            have = 0
        await asyncio.to_thread(self._folders.make_room, row.size_bytes - have)
        if have < row.size_bytes:
            await self._append(part, f"recordings/{row.file}", have, row.size_bytes)
        await self._verified(part, row.sha256)
        await asyncio.to_thread(put_away, part, target)
        await asyncio.to_thread(self._folders.cut(row.file).unlink, missing_ok=True)

    async def prompt(self, name: str) -> None:
        """Raises like `recording`."""
        target = self._folders.prompt(name)
        part = self._folders.incoming / target.name
        await asyncio.to_thread(self._folders.make_room, LARGEST_PROMPT_BYTES)
        await self._append(part, f"prompts/{name}", 0, LARGEST_PROMPT_BYTES)
        await self._verified(part, target.stem)
        await asyncio.to_thread(part.chmod, 0o644)  # Asterisk reads it
        await asyncio.to_thread(put_away, part, target)

    async def spooled(self, name: str, size_bytes: int) -> None:
        """What the exchange had written on the other box, into our own spool: it is filed from there."""
        target = self._folders.spooled(name)
        part = target.with_suffix(".part")  # the spool may be another disk
        await asyncio.to_thread(self._folders.make_room, size_bytes)
        if await self._append(part, f"spool/{name}", 0, size_bytes) < size_bytes:
            raise WrongContentError(f"{name}: shorter than was said")
        await asyncio.to_thread(put_away, part, target)

    async def tail(self, name: str, at: int, most: int) -> None:
        """The newest of a recording in progress."""
        await asyncio.to_thread(self._folders.make_room, most - at)
        await self._append(self._folders.tail(name), f"spool/{name}", at, most)

    async def _append(self, part: Path, address: str, at: int, most: int) -> int:
        """Up to byte `most`; how far it came."""
        async with contextlib.aclosing(self._peer.read(address, at)) as blocks:
            async for block in blocks:
                kept = block[: most - at]
                await asyncio.to_thread(places.append, part, at, kept)
                at += len(kept)
                if len(kept) < len(block):
                    break
        return at

    async def _verified(self, part: Path, sha256: str) -> None:
        if await asyncio.to_thread(places.hash_of, part) != sha256:
            await asyncio.to_thread(part.unlink)
            raise WrongContentError(f"{part.name}: not what its hash says")
