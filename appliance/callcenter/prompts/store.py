"""Queries about prompts."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.prompts.model import Prompt, PromptDraft, PromptKind, PromptStatus
from appliance.callcenter.prompts.tables import PromptRow
from appliance.callcenter.records import RecordStore


def _model(row: PromptRow) -> Prompt:
    return Prompt(
        id=row.id,
        name=row.name,
        kind=PromptKind(row.kind),
        text=row.text,
        voice=row.voice,
        file=row.file,
        milliseconds=row.milliseconds,
        status=PromptStatus(row.status),
        error=row.error,
        updated_at=row.updated_at,
    )


class PromptStore(RecordStore[Prompt, PromptDraft]):
    row = PromptRow
    searched = (PromptRow.name, PromptRow.text)
    sorts = {  # noqa: RUF012
        "name": PromptRow.name,
        "status": PromptRow.status,
        "length": PromptRow.milliseconds,
        "updated": PromptRow.updated_at,
    }
    order = PromptRow.name

    def model(self, row: PromptRow) -> Prompt:
        return _model(row)

    def values(self, draft: PromptDraft) -> dict[str, Any]:
        return {
            "name": draft.name,
            "kind": draft.kind.value,
            "text": draft.text,
            "voice": draft.voice,
            "updated_at": clock.now_ms(),
        }


async def next_pending(session: AsyncSession) -> Prompt | None:
    """The prompt that has waited longest to be spoken."""
    query = select(PromptRow).where(
        PromptRow.status == PromptStatus.PENDING.value, PromptRow.kind == PromptKind.SPEECH.value
    )
    row = await session.scalar(query.order_by(PromptRow.updated_at, PromptRow.id).limit(1))
    return _model(row) if row is not None else None


async def set_pending(session: AsyncSession, prompt_id: int) -> None:
    await session.execute(
        update(PromptRow)
        .where(PromptRow.id == prompt_id)
        .values(status=PromptStatus.PENDING.value, error="", updated_at=clock.now_ms())
    )


async def set_ready(session: AsyncSession, prompt: Prompt, file: str, milliseconds: int) -> bool:
    """Whether the prompt still was what `file` was made from; if not, nothing changes."""
    return await _set(session, prompt, status=PromptStatus.READY.value, file=file, milliseconds=milliseconds, error="")


async def set_failed(session: AsyncSession, prompt: Prompt, error: str) -> bool:
    return await _set(session, prompt, status=PromptStatus.FAILED.value, error=error[:255])


async def _set(session: AsyncSession, prompt: Prompt, **values: Any) -> bool:
    changed = await session.execute(
        update(PromptRow)
        .where(PromptRow.id == prompt.id, PromptRow.text == prompt.text, PromptRow.voice == prompt.voice)
        .values(**values)
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]
