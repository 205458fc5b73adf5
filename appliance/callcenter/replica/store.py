"""Queries about recordings as files: which have to follow, which have to go."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.calls.tables import RecordingRow
from appliance.callcenter.prompts.tables import PromptRow
from appliance.callcenter.replica.model import Copy, Filed, OneCopy
from appliance.callcenter.replica.tables import FileStoreRow

RESET_AT_ONCE = 5_000

_FILED = (
    RecordingRow.id,
    RecordingRow.file,
    RecordingRow.size_bytes,
    RecordingRow.sha256,
    RecordingRow.status,
    RecordingRow.salvaged,
)


async def _filed(session: AsyncSession, query: Select[*tuple[Any, ...]]) -> list[Filed]:
    return [Filed(*row) for row in await session.execute(query)]


async def with_one_copy(
    session: AsyncSession, limit: int, *, below: str | None = None, besides: Collection[str] = ()
) -> list[Filed]:
    """The newest first; only those with a smaller id than `below`."""
    query = select(*_FILED).where(RecordingRow.status == "ready", RecordingRow.copies < 2)
    if below is not None:
        query = query.where(RecordingRow.id < below)
    if besides:
        query = query.where(RecordingRow.id.not_in(besides))
    return await _filed(session, query.order_by(RecordingRow.id.desc()).limit(limit))


async def by_id(session: AsyncSession, ids: Collection[str]) -> dict[str, Filed]:
    found = await _filed(session, select(*_FILED).where(RecordingRow.id.in_(ids)))
    return {row.id: row for row in found}


async def one_copy(session: AsyncSession) -> OneCopy:
    """How many finished recordings the pair would lose with one disk, and since when."""
    query = select(func.count(), func.min(RecordingRow.started_at)).where(
        RecordingRow.status == "ready", RecordingRow.copies < 2
    )
    count, oldest = (await session.execute(query)).one()
    return OneCopy(count, oldest)


async def second_copies(session: AsyncSession, copies: Sequence[Copy]) -> None:
    """Both boxes have these, if they are still what the other one verified."""
    for copy in copies:
        same = (RecordingRow.id == copy.id, RecordingRow.sha256 == copy.sha256, RecordingRow.status == "ready")
        await session.execute(update(RecordingRow).where(*same).values(copies=2))


async def file_again(session: AsyncSession, recording_id: str) -> None:
    """All of it has come: it is filed once more."""
    values = {"status": "pending", "error": "", "salvaged": False}
    ours = (RecordingRow.id == recording_id, RecordingRow.status.in_(("ready", "missing", "damaged")))
    await session.execute(update(RecordingRow).where(*ours).values(**values))


async def prompt_files(session: AsyncSession) -> list[str]:
    query = select(PromptRow.file).where(PromptRow.file != "").distinct()
    return list(await session.scalars(query))


# -- disks -----------------------------------------------------------------------------------------


async def is_known(session: AsyncSession, stores: dict[str, str]) -> bool:
    """Whether these boxes have the disks that the copies were counted on."""
    known = await session.execute(select(FileStoreRow.box, FileStoreRow.store))
    return stores.items() <= {row.box: row.store for row in known}.items()


async def forget_second_copies(session: AsyncSession) -> int:
    """Some of them; how many. A disk was exchanged: what it had has to be shown anew."""
    some = select(RecordingRow.id).where(RecordingRow.copies == 2, RecordingRow.status == "ready").limit(RESET_AT_ONCE)
    ids = list(await session.scalars(some))
    await session.execute(update(RecordingRow).where(RecordingRow.id.in_(ids)).values(copies=1))
    return len(ids)


async def remember(session: AsyncSession, stores: dict[str, str]) -> None:
    for box, store in stores.items():
        await session.merge(FileStoreRow(box=box, store=store))


# -- deleted ---------------------------------------------------------------------------------------


async def deleted(session: AsyncSession, limit: int, *, below: str | None = None) -> list[Filed]:
    """Tombstones: the recording was deleted, and a box may still have its file."""
    query = select(*_FILED).where(RecordingRow.status == "deleted", RecordingRow.copies > 0)
    if below is not None:
        query = query.where(RecordingRow.id < below)
    return await _filed(session, query.order_by(RecordingRow.id.desc()).limit(limit))


async def gone_everywhere(session: AsyncSession, ids: Collection[str]) -> None:
    """No box has the files of these tombstones any more."""
    buried = (RecordingRow.id.in_(ids), RecordingRow.status == "deleted")
    await session.execute(update(RecordingRow).where(*buried).values(copies=0))
