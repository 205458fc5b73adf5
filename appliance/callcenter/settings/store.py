"""Queries about settings and the revision of the configuration."""

import msgspec
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.settings.model import Settings
from appliance.callcenter.settings.tables import RevisionRow, SettingRow


async def load(session: AsyncSession) -> Settings:
    """What is stored over the defaults. Rows of settings this program does not know are left alone."""
    rows = await session.execute(select(SettingRow.key, SettingRow.value))
    known = {key: msgspec.json.decode(value) for key, value in rows if key in Settings.__struct_fields__}
    return msgspec.convert(known, Settings)


async def save(session: AsyncSession, settings: Settings) -> tuple[str, ...]:
    """Store what differs from before; returns the keys that did."""
    before = await load(session)
    changed = []
    for key in Settings.__struct_fields__:
        value = getattr(settings, key)
        if value != getattr(before, key):
            await session.merge(SettingRow(key=key, value=msgspec.json.encode(value).decode()))
            changed.append(key)
    return tuple(changed)


async def bump_revision(session: AsyncSession) -> None:
    """Tell call control, which watches the number, that the configuration changed."""
    changed = await session.execute(
        update(RevisionRow).where(RevisionRow.id == 1).values(revision=RevisionRow.revision + 1)
    )
    if changed.rowcount == 0:  # type: ignore[attr-defined]
        session.add(RevisionRow(id=1, revision=1))
        await session.flush()


async def revision(session: AsyncSession) -> int:
    return await session.scalar(select(RevisionRow.revision).where(RevisionRow.id == 1)) or 0
