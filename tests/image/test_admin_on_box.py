"""What administrators do in the browser takes effect on the telephone system of the real box."""

import asyncio
import json
import re
import time
from collections.abc import Callable

import pytest

from appliance.webadmin.sessions import COOKIE
from tests.admin_site import Visitor, text, words
from tests.center import TOKEN, Center
from tests.sip.network import Host
from tests.sip.phone import Phone
from tests.sip.waiting import until

NEW_PHONE = "10.99.0.45"
NEW_NUMBER = "8070"
SPEAK_SECONDS = 90
TAKES_EFFECT_SECONDS = 15


@pytest.fixture
def admin(center: Center) -> Visitor:
    return Visitor(center.box.url, {COOKIE: f"{TOKEN}-admin"})


@pytest.mark.req("PBX-2", "PBX-3")
async def test_a_phone_works_with_the_password_shown_once(
    center: Center, admin: Visitor, hosts: Callable[[str], Host]
) -> None:
    made = await admin.post("/extensions/new", {"number": NEW_NUMBER, "name": "新话机"})
    found = re.search(r'id="secret">([^<]+)<', text(made))
    assert found is not None, words(made)
    known = ("asterisk", "-rx", "pjsip show auths")
    await until(lambda: NEW_NUMBER in center.box.run(*known), TAKES_EFFECT_SECONDS, "the new account in Asterisk")
    phone = Phone(hosts(NEW_PHONE), NEW_NUMBER, center.box.address, secret=found[1], answers=True)
    try:
        await phone.start()
    finally:
        await phone.stop()
    listed = text(await admin.get(f"/extensions?q={NEW_NUMBER}"))
    extension_id = re.search(r'href="/extensions/(\d+)"', listed)
    assert extension_id is not None
    assert (await admin.post(f"/extensions/{extension_id[1]}/delete", {})).code == 303


@pytest.mark.req("IVR-3")
@pytest.mark.timeout(360)
async def test_a_text_is_spoken_inside_the_fence_of_the_program(center: Center, admin: Visitor) -> None:
    """The model, its process and the folder of prompts must work under the unit's restrictions."""
    form = {"name": "新提示", "voice": "zf_xiaobei", "text": "今天下午门诊停诊半天。"}
    assert (await admin.post("/prompts/new", form)).code == 303
    deadline = time.monotonic() + SPEAK_SECONDS
    page = ""
    while time.monotonic() < deadline:
        page = text(await admin.get("/prompts?q=%E6%96%B0%E6%8F%90%E7%A4%BA"))
        if "正在合成" not in page:
            break
        await asyncio.sleep(0.5)
    found = re.search(r'src="(/prompts/(\d+)/audio)"', page)
    assert found is not None, page
    heard = await admin.get(found[1])
    assert heard.body[:4] == b"RIFF"
    upload = await admin.upload("/prompts/upload", {"name": "新录音", "text": ""}, "a.wav", heard.body)
    assert upload.code == 303, words(upload)
    files = center.box.run("find", "/var/lib/hcc/prompts", "-name", "*.wav", "-newermt", "-3min", "!", "-perm", "-444")
    assert files.strip() == "", "Asterisk must be able to read them"
    second = re.search(r'href="/prompts/(\d+)"', text(await admin.get("/prompts?q=%E6%96%B0%E5%BD%95%E9%9F%B3")))
    assert second is not None
    for prompt in (found[2], second[1]):
        assert (await admin.post(f"/prompts/{prompt}/delete", {})).code == 303


async def test_the_lamp_is_green_on_a_box_that_works(admin: Visitor) -> None:
    answer = await admin.get("/status.json")
    assert json.loads(text(answer)) == {"desk": True, "pbx": True, "alarms": []}
