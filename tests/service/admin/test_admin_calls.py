"""Finished calls: search by everything, one's own only for agents, the record, the recording."""

import csv
import io
import re
import wave
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from appliance import clock
from appliance.callcenter.calls.tables import InteractionRow, RecordingRow, SegmentRow, WrapUpRow
from appliance.callcenter.patients.tables import PatientRow
from appliance.callcenter.people.tables import AgentRow, AuditRow
from tests.admin_site import text, words

CALL = "0call0000000made0"
SOUND_SECONDS = 2


@pytest.fixture
async def call(hospital):
    """A call of agent 1002 this minute, with every kind of segment, notes and a recording."""
    now = clock.now_ms()
    sound = Path(hospital.site.config.paths.recordings) / "2026" / f"{CALL}-1.wav"
    sound.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(sound), "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(range(200)) * (8000 * SOUND_SECONDS * 4 // 200))
    async with hospital.site.sessions() as session, session.begin():
        agent_id = await session.scalar(select(AgentRow.id).where(AgentRow.number == "1002"))
        patient = await session.scalar(select(PatientRow).order_by(PatientRow.id.desc()).limit(1))
        session.add(
            InteractionRow(
                id=CALL,
                direction="inbound",
                caller="13677778888",
                called="85550000",
                remote_lookup="13677778888",
                trunk="carrier",
                patient_id=patient.id,
                queue_id=2,
                agent_id=agent_id,
                started_at=now - 60_000,
                answered_at=now - 40_000,
                ended_at=now,
                outcome="answered",
                hung_up_by="caller",
                flow_path='[["greeting", "欢迎词", ""], ["menu", "主菜单", "timeout"], ["menu", "主菜单", "1"]]',
                wait_ms=12_000,
                talk_ms=40_000,
            )
        )
        await session.flush()
        for kind, start, end in (
            ("ivr", 60, 52),
            ("wait", 52, 45),
            ("ring", 45, 40),
            ("talk", 40, 20),
            ("hold", 20, 10),
            ("talk", 10, 0),
        ):
            session.add(
                SegmentRow(
                    interaction_id=CALL,
                    kind=kind,
                    started_at=now - start * 1000,
                    ended_at=now - end * 1000,
                    agent_id=agent_id,
                )
            )
        session.add(
            WrapUpRow(
                interaction_id=CALL,
                agent_id=agent_id,
                business_type="complaint",
                outcome="follow_up",
                notes="<b>注意</b>",
                saved_at=now,
            )
        )
        session.add(
            RecordingRow(
                id=f"{CALL}-1",
                interaction_id=CALL,
                started_at=now - 40_000,
                status="ready",
                file=f"2026/{CALL}-1.wav",
                size_bytes=sound.stat().st_size,
                milliseconds=SOUND_SECONDS * 1000,
                peaks="[[1, 2], [3, 4]]",
            )
        )
    yield sound
    async with hospital.site.sessions() as session, session.begin():
        for table in (SegmentRow, WrapUpRow, RecordingRow):
            await session.execute(delete(table).where(table.interaction_id == CALL))
        await session.execute(delete(InteractionRow).where(InteractionRow.id == CALL))


def shown(answer) -> bool:
    return f'href="/calls/{CALL}"' in text(answer)


@pytest.mark.req("PBX-5")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("period=today", True),
        ("number=13677778888", True),
        ("number=7777", True),
        ("number=%2B86-136-7777-8888", True),
        ("number=13677770000", False),
        ("outcome=answered&direction=inbound", True),
        ("outcome=abandoned", False),
        ("direction=outbound", False),
        ("queue=2", True),
        ("queue=1", False),
        ("agent=2", True),
        ("agent=1", False),
        ("from=2020-01-01&to=2020-02-01", False),
        ("outcome=nonsense&direction=nonsense", True),
        ("patient=nobodysname", False),
    ],
)
async def test_a_call_is_found_by_what_is_known_of_it(manager, call, query, found):
    assert shown(await manager.get(f"/calls?sort=started&dir=desc&{query}")) is found


async def test_a_call_is_found_by_its_patient(hospital, manager, call):
    async with hospital.site.sessions() as session:
        patient = await session.scalar(select(PatientRow).order_by(PatientRow.id.desc()).limit(1))
    for wanted in (patient.pinyin, patient.initials, patient.card_number):
        assert shown(await manager.get(f"/calls?period=today&patient={wanted}"))
    assert shown(await manager.get(f"/calls?period=today&patient_id={patient.id}"))


@pytest.mark.req("SEC-1")
async def test_agents_see_their_own_calls_only(hospital, call):
    other, own = await hospital.visitor("agent1"), await hospital.visitor("agent2")
    assert not shown(await other.get("/calls?period=today&number=13677778888"))
    assert (await other.get(f"/calls/{CALL}")).code == 404
    assert (await other.get(f"/calls/{CALL}/recording/{CALL}-1")).code == 404
    assert shown(await own.get("/calls?period=today&number=13677778888"))
    assert (await own.get(f"/calls/{CALL}")).code == 200
    assert (await own.get(f"/calls/{CALL}/recording/{CALL}-1")).code == 200
    rows = list(csv.reader(io.StringIO((await other.get("/calls?format=csv&period=90")).body.decode("utf-8-sig"))))
    assert {row[7] for row in rows[1:]} == {"1001"}


async def test_totals_agree_with_the_list(manager, call):
    page = words(await manager.get("/calls?period=today&number=13677778888"))
    assert re.search(r"1 通话 1 已接听 100 % 0 呼损 0:40 通话时长 0:12 平均等待", page)


@pytest.mark.req("PBX-5")
async def test_the_record_shows_path_time_line_notes_and_player(manager, call):
    page = text(await manager.get(f"/calls/{CALL}"))
    assert page.count('<g class="bar kind-') == 6
    assert "&lt;b&gt;注意&lt;/b&gt;" in page
    assert "投诉建议" in page
    assert f'data-src="/calls/{CALL}/recording/{CALL}-1"' in page
    assert 'data-peaks="[[1, 2], [3, 4]]"' in page
    read = words(await manager.get(f"/calls/{CALL}"))
    assert "欢迎词 主菜单 未按键 主菜单 1" in read
    assert "保持 0:10" in read


@pytest.mark.req("QC-1")
async def test_a_recording_is_sent_whole_and_in_ranges(manager, call):
    whole = await manager.get(f"/calls/{CALL}/recording/{CALL}-1")
    content = call.read_bytes()
    assert whole.body == content
    assert whole.headers["Content-Type"] == "audio/wav"
    assert whole.headers["Accept-Ranges"] == "bytes"
    part = await manager.get(f"/calls/{CALL}/recording/{CALL}-1", Range="bytes=100-199")
    assert (part.code, part.body) == (206, content[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(content)}"
    tail = await manager.get(f"/calls/{CALL}/recording/{CALL}-1", Range="bytes=-44")
    assert tail.body == content[-44:]
    assert (await manager.get(f"/calls/{CALL}/recording/{CALL}-1", Range="bytes=9999999-")).code == 416
    head = await manager.request("HEAD", f"/calls/{CALL}/recording/{CALL}-1")
    assert int(head.headers["Content-Length"]) == len(content)


@pytest.mark.req("REC-3")
async def test_listening_and_taking_away_are_on_record_once_each(hospital, manager, call):
    async def lines() -> list[str]:
        async with hospital.site.sessions() as session:
            query = select(AuditRow.action).where(AuditRow.subject_id == f"{CALL}-1", AuditRow.login == "manager")
            return list(await session.scalars(query.order_by(AuditRow.id)))

    before = await lines()
    address = f"/calls/{CALL}/recording/{CALL}-1"
    await manager.get(address, Range="bytes=0-")
    await manager.get(address, Range="bytes=1000-")
    taken = await manager.get(f"{address}?download=1")
    assert taken.headers["Content-Disposition"] == f'attachment; filename="{CALL}-1.wav"'
    assert (await lines())[len(before) :] == ["listen", "download"]


async def test_no_file_outside_of_the_recordings_is_sent(hospital, manager, call):
    async with hospital.site.sessions() as session, session.begin():
        (await session.get(RecordingRow, f"{CALL}-1")).file = "../hcc.db"
    assert (await manager.get(f"/calls/{CALL}/recording/{CALL}-1")).code == 404


async def test_a_recording_that_is_not_ready_is_explained(hospital, manager, call):
    for status, text_shown in (("pending", "录音正在合成"), ("missing", "录音缺失或已损坏")):
        async with hospital.site.sessions() as session, session.begin():
            (await session.get(RecordingRow, f"{CALL}-1")).status = status
        assert text_shown in words(await manager.get(f"/calls/{CALL}"))
        assert (await manager.get(f"/calls/{CALL}/recording/{CALL}-1")).code == 404


async def test_calls_are_exported_as_they_are_listed(manager, admin, call):
    answer = await manager.get("/calls?period=today&number=13677778888&format=csv")
    rows = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))))
    assert len(rows) == 2
    assert dict(zip(rows[0], rows[1], strict=True))["业务类型"] == "投诉建议"
    assert "导出" in words(await admin.get("/audit?period=today&action=export&q=call"))


async def test_lists_are_sorted_by_waiting_and_talking(manager):
    def seconds(page: str, column: int) -> list[int]:
        found = []
        for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)[1:]:
            cell = re.findall(r'<td class="number">([\d:]+)</td>', row)[column]
            minutes, rest = cell.rsplit(":", 1)
            found.append(int(minutes.replace(":", "")) * 60 + int(rest))
        return found

    for key, column in (("wait", 0), ("talk", 1)):
        found = seconds(text(await manager.get(f"/calls?period=30&sort={key}&dir=desc")), column)
        assert found == sorted(found, reverse=True)
        assert found[0] > found[-1]


async def test_the_overview_counts_today(admin, call):
    page = words(await admin.get("/dashboard"))
    assert "今日通话" in page
    assert "13677778888" in page
