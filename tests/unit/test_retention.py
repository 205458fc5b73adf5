"""Recordings are deleted when their time is over: the row stays, and nothing else goes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from appliance import clock, db
from appliance.callcenter.calls.retention import DAY_MS, Retention
from appliance.callcenter.calls.tables import InteractionRow, RecordingRow
from appliance.callcenter.people.tables import AuditRow
from appliance.callcenter.settings import store as settings_store
from appliance.callcenter.settings.model import Settings
from appliance.callcenter.tables import Base
from appliance.db import Sessions

pytestmark = pytest.mark.req("REC-2")


@pytest.fixture
async def sessions(tmp_path: Path) -> AsyncIterator[Sessions]:
    engine = db.open_engine(f"sqlite+aiosqlite:///{tmp_path}/hcc.db")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    made = db.sessions(engine)
    async with made() as session, session.begin():
        for days, status in ((1, "ready"), (31, "ready"), (40, "missing"), (50, "pending")):
            at, call = clock.now_ms() - days * DAY_MS, f"call{days}"
            session.add(InteractionRow(id=call, direction="inbound", outcome="answered", started_at=at, ended_at=at))
            await session.flush()
            file = f"2026/11/23/{call}-1.wav" if status == "ready" else ""
            row = RecordingRow(id=f"{call}-1", interaction_id=call, started_at=at, status=status, file=file)
            session.add(row)
            if file:
                path = tmp_path / "recordings" / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b"sound")
    yield made
    await engine.dispose()


async def rows(sessions: Sessions) -> dict[str, tuple[str, int]]:
    async with sessions() as session:
        found = await session.execute(select(RecordingRow.id, RecordingRow.status, RecordingRow.copies))
        return {row.id: (row.status, row.copies) for row in found}


@pytest.mark.parametrize("alone", [True, False])
async def test_recordings_go_when_their_time_is_over(sessions: Sessions, tmp_path: Path, *, alone: bool) -> None:
    folder = tmp_path / "recordings"
    retention = Retention(sessions, folder, lambda: alone)
    before = await rows(sessions)
    await retention.round()
    assert await rows(sessions) == before, "nothing is deleted unless somebody wishes it"
    async with sessions() as session, session.begin():
        await settings_store.save(session, Settings(keep_recordings_days=30))
    await retention.round()
    left = 0 if alone else 2  # the other box has to say that it has it no more
    assert await rows(sessions) == {
        "call1-1": ("ready", 1),
        "call31-1": ("deleted", left),
        "call40-1": ("deleted", left),
        "call50-1": ("pending", 1),
    }
    assert [path.name for path in folder.rglob("*.wav")] == ["call1-1.wav"]
    async with sessions() as session:
        (line,) = (await session.scalars(select(AuditRow))).all()
    assert (line.action, line.login) == ("delete", "retention")
    assert "call31-1" in line.detail
    again = folder / "2026/11/23/call31-1.wav"
    again.write_bytes(b"sound")  # as if the power had failed before it went
    if not alone:
        await retention.round()
        assert not again.exists()
