"""Prompts spoken and uploaded, listening before storing, flows drawn with what they say."""

import asyncio
import contextlib
import io
import math
import re
import struct
import time
import wave
from pathlib import Path

import pytest
from sqlalchemy import select

from appliance.callcenter.prompts.speech import cached
from appliance.callcenter.prompts.tables import PromptRow
from appliance.callcenter.settings import store as settings_store
from tests.admin_site import text, words

TEXT = "您好，请讲。"
SPEAK_SECONDS = 100


def sound(seconds: float = 1.0, hz: float = 440.0) -> bytes:
    """A tone as a WAV file of 16 kHz."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        samples = (round(9000 * math.sin(2 * math.pi * hz * n / 16000)) for n in range(round(16000 * seconds)))
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return made.getvalue()


async def stored(hospital, name: str) -> PromptRow | None:
    async with hospital.site.sessions() as session:
        return await session.scalar(select(PromptRow).where(PromptRow.name == name))


async def remove(visitor, hospital, name: str) -> None:
    row = await stored(hospital, name)
    await visitor.post(f"/prompts/{row.id}/delete", {})


@contextlib.asynccontextmanager
async def speaking(hospital):
    """The background part of the program, running."""
    task = asyncio.create_task(hospital.site.services.renderer.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def spoken(hospital, name: str) -> PromptRow:
    deadline = time.monotonic() + SPEAK_SECONDS
    while time.monotonic() < deadline:
        row = await stored(hospital, name)
        if row.status != "pending":
            return row
        await asyncio.sleep(0.2)
    raise AssertionError("not spoken in time")


@pytest.mark.req("IVR-3")
async def test_a_text_is_spoken_in_the_background_and_can_be_heard(hospital, manager):
    known = "正在为您转接健康咨询护士。"
    assert cached(Path(hospital.site.config.paths.speech), known, "zf_xiaobei") is not None
    answer = await manager.post("/prompts/new", {"name": "转护士", "voice": "zf_xiaobei", "text": known})
    assert answer.headers["Location"] == "/prompts"
    page = text(await manager.get("/prompts"))
    assert "正在合成" in page
    assert 'hx-trigger="every 2s"' in page
    async with hospital.site.sessions() as session:
        before = await settings_store.revision(session)
    async with speaking(hospital):
        row = await spoken(hospital, "转护士")
    assert row.status == "ready"
    assert row.milliseconds > 1000
    async with hospital.site.sessions() as session:
        assert await settings_store.revision(session) == before + 1
    heard = await manager.get(f"/prompts/{row.id}/audio")
    with wave.open(io.BytesIO(heard.body)) as file:
        assert (file.getframerate(), file.getnchannels()) == (8000, 1)
    assert "hx-trigger" not in re.search(r'<div id="rows"[^>]*>', text(await manager.get("/prompts")))[0]
    await remove(manager, hospital, "转护士")


@pytest.mark.req("IVR-3")
async def test_a_new_text_is_spoken_by_the_model_and_the_old_sound_stays_until_then(hospital, manager):
    await manager.upload("/prompts/upload", {"name": "晨间", "text": "旧"}, "a.wav", sound())
    before = await stored(hospital, "晨间")
    async with speaking(hospital):
        await manager.post("/prompts/new", {"name": "新问候", "voice": "zm_yunxi", "text": TEXT})
        first = await spoken(hospital, "新问候")
        assert first.status == "ready", first.error
    await manager.post(f"/prompts/{first.id}", {"name": "新问候", "voice": "zm_yunxi", "text": TEXT + "好的。"})
    waiting = await stored(hospital, "新问候")
    assert (waiting.status, waiting.file) == ("pending", first.file)
    assert (await stored(hospital, "晨间")).file == before.file
    await remove(manager, hospital, "新问候")
    await remove(manager, hospital, "晨间")


async def test_a_name_alone_can_be_changed_without_speaking_again(hospital, manager):
    row = await stored(hospital, "科室菜单")
    form = {"name": "科室菜单二", "voice": row.voice, "text": row.text}
    assert (await manager.post(f"/prompts/{row.id}", form)).code == 303
    renamed = await stored(hospital, "科室菜单二")
    assert (renamed.status, renamed.file) == ("ready", row.file)
    await manager.post(f"/prompts/{row.id}", form | {"name": "科室菜单"})


async def test_a_prompt_that_a_flow_says_keeps_its_name(hospital, manager):
    row = await stored(hospital, "欢迎词")
    answer = await manager.post(f"/prompts/{row.id}", {"name": "新名字", "voice": row.voice, "text": row.text})
    assert "总机流程" in words(answer)
    assert "总机流程" in words(await manager.post(f"/prompts/{row.id}/delete", {}))


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"text": "……！"}, "没有可以朗读的内容"),
        ({"text": "好" * 501}, "最多 500 个字符"),
        ({"voice": "nobody"}, "请选择"),
        ({"name": "system:x"}, "不能包含冒号"),
        ({"name": "欢迎词"}, "已被使用"),
        ({"text": ""}, "请填写此项"),
    ],
)
async def test_what_cannot_be_spoken_is_refused_beside_its_field(manager, form, problem):
    answer = await manager.post("/prompts/new", {"name": "试", "voice": "zf_xiaobei", "text": "您好"} | form)
    assert answer.code == 422
    assert problem in words(answer)


@pytest.mark.req("IVR-3")
async def test_a_sound_file_is_made_fit_for_the_telephone(hospital, manager):
    answer = await manager.upload("/prompts/upload", {"name": "录音一", "text": "铃声"}, "a.wav", sound())
    assert answer.code == 303, words(answer)
    row = await stored(hospital, "录音一")
    assert (row.kind, row.status) == ("upload", "ready")
    assert abs(row.milliseconds - 1000) < 300
    path = Path(hospital.site.config.paths.prompts) / row.file
    assert re.fullmatch(r"[0-9a-f]{64}\.wav", row.file)
    assert path.stat().st_mode & 0o444 == 0o444
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
    assert (await manager.get(f"/prompts/{row.id}")).headers["Location"] == f"/prompts/upload/{row.id}"
    other = await manager.upload(f"/prompts/upload/{row.id}", {"name": "录音一", "text": ""}, "b.wav", sound(2.0, 600))
    assert other.code == 303
    replaced = await stored(hospital, "录音一")
    assert replaced.file != row.file
    kept = await manager.upload(f"/prompts/upload/{row.id}", {"name": "录音二", "text": ""}, "", b"")
    assert kept.code == 303
    assert (await stored(hospital, "录音二")).file == replaced.file
    await remove(manager, hospital, "录音二")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "请选择语音文件"),
        (b"MZ" + b"\x00" * 500, "无法识别"),
        (b"RIFF\xff\xff\xff\x7fWAVEfmt " + b"\x00" * 100, "音频"),
        (b"<script>alert(1)</script>", "无法识别"),
        (sound(0.0), "没有可听见的声音"),
    ],
)
async def test_what_is_no_sound_is_refused(hospital, manager, content, problem):
    answer = await manager.upload("/prompts/upload", {"name": "坏文件", "text": ""}, "x.wav", content)
    assert answer.code == 422
    assert problem in words(answer)
    assert await stored(hospital, "坏文件") is None


async def test_an_upload_too_large_or_without_its_token_is_refused(hospital, manager, agent):
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    body = b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nx\r\n--b--\r\n'
    assert (await manager.request("POST", "/prompts/upload", body, headers)).code == 403
    large = b"--b\r\n" + bytes(22 * 1024 * 1024)
    assert (await manager.request("POST", "/prompts/upload", large, headers)).code in {400, 413, 599}
    assert (await agent.request("POST", "/prompts/upload", body, headers)).code == 403
    assert (await manager.get("/prompts")).code == 200
    elsewhere = await manager.request("POST", "/queues/new", bytes(2 * 1024 * 1024), headers)
    assert elsewhere.code in {400, 413, 599}


@pytest.mark.req("IVR-3")
async def test_a_text_can_be_heard_before_it_is_stored(hospital, manager):
    known = "正在为您转接健康咨询护士。"
    answer = await manager.post("/prompts/preview", {"text": known, "voice": "zf_xiaobei"})
    address = re.search(r'src="(/prompts/preview/[0-9a-f]{64})"', text(answer))[1]
    assert "<html" not in text(answer)
    assert (await manager.get(address)).body[:4] == b"RIFF"
    refused = await manager.post("/prompts/preview", {"text": "……", "voice": "zf_xiaobei"})
    assert "没有可以朗读的内容" in words(refused)


async def test_a_failed_prompt_says_so_and_can_be_tried_again(hospital, manager):
    await manager.post("/prompts/new", {"name": "失败的", "voice": "zf_xiaobei", "text": "从未说过的话。"})
    broken = type(hospital.site.services.renderer)(
        hospital.site.sessions,
        hospital.site.services.prompts,
        "/nonexistent",
        Path(hospital.site.config.paths.state) / "previews",
    )
    assert await broken.speak_next()
    await broken.close()
    assert (await stored(hospital, "失败的")).status == "failed"
    page = text(await manager.get("/prompts?q=%E5%A4%B1%E8%B4%A5"))
    assert "重试" in page
    row = await stored(hospital, "失败的")
    await manager.post(f"/prompts/{row.id}/retry", {})
    assert (await stored(hospital, "失败的")).status == "pending"
    await remove(manager, hospital, "失败的")


# --- flows ---


@pytest.mark.req("IVR-1")
async def test_a_flow_is_drawn_and_each_step_can_be_heard(hospital, manager):
    assert "总机流程" in words(await manager.get("/flows"))
    page = text(await manager.get("/flows/1"))
    read = words(await manager.get("/flows/1"))
    assert page.count('class="flow-node') == 14
    for label in ("服务时间", "欢迎词", "主菜单", "VIP 优先接入", "再见"):
        assert label in read
    for address in set(re.findall(r'<audio[^>]*src="([^"]+)"', page)):
        heard = await manager.get(address)
        assert (heard.code, heard.body[:4]) == (200, b"RIFF"), address
    assert "缺失" not in read


async def test_a_flow_that_does_not_exist_is_not_found(manager):
    assert (await manager.get("/flows/999")).code == 404
