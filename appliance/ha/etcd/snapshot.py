"""A copy of etcd's whole store in a file, checked while it is written."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import EtcdUnavailableError
from appliance.ha.etcd.gateway import SNAPSHOT
from appliance.ha.etcd.model import Blob

DIGEST_BYTES = 32


async def save_snapshot(etcd: EtcdClient, target: Path, *, seconds: float = 120.0) -> int:
    """Write what `etcdutl snapshot restore` takes into a new file; returns its size in bytes.

    Raises EtcdUnavailableError when it breaks off or its digest is wrong, FileExistsError; then nothing is left.
    """
    partial = target.with_name(target.name + ".part")
    await asyncio.to_thread(partial.touch, mode=0o600, exist_ok=False)
    try:
        async with asyncio.timeout(seconds), etcd.link.stream(SNAPSHOT, {}) as (_, pieces):
            size = await _write(partial, pieces)
        await asyncio.to_thread(target.hardlink_to, partial)
    except TimeoutError as error:
        raise EtcdUnavailableError(f"no snapshot within {seconds} s") from error
    finally:
        await asyncio.to_thread(partial.unlink)
    return size


async def _write(path: Path, pieces: AsyncIterator[Blob]) -> int:
    """The last 32 bytes are the SHA-256 of all before them (etcd, `api/v3rpc/maintenance.go`)."""
    digest, tail, size = hashlib.sha256(), b"", 0
    with contextlib.closing(await asyncio.to_thread(path.open, "wb")) as file:
        async for piece in pieces:
            await asyncio.to_thread(file.write, piece.blob)
            tail += piece.blob
            digest.update(tail[:-DIGEST_BYTES])
            size, tail = size + len(piece.blob), tail[-DIGEST_BYTES:]
    if digest.digest() != tail:
        raise EtcdUnavailableError(f"the snapshot is not whole ({size} bytes)")
    return size
