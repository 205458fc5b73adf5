"""Conference rooms with real telephones: PINs, who hears whom, the moderator, and call control killed meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.administering import administer, visitor
from tests.center import Center
from tests.desk_client import DeskClient, RefusedError
from tests.service.conftest import CALLER_TONE, Announced, MakeDesk, MakePhone
from tests.service.test_trouble import DESK_RESTARTS
from tests.sip.phone import Phone
from tests.sip.waiting import until
from tests.tones import loudness, read_wav, tone, tone_level

ROOM, PIN, MODERATOR, DID = "6900", "2468", "135790", "85550090"
FIRST_TONE, SECOND_TONE = 700.0, 1100.0


@pytest.fixture(scope="module")
async def room(center: Center) -> AsyncIterator[str]:
    fields = {"number": ROOM, "name": "疑难会诊", "largest": "4", "pin": PIN, "moderator_pin": MODERATOR}
    await administer(center, "/rooms/new", fields, "manager")
    key = center.query("SELECT id FROM room")[0]["id"]
    did = {"number": DID, "name": "会议热线", "trunk_id": "", "target": f"room:{key}", "active": "1"}
    await administer(center, "/dids/new", did)
    yield ROOM
    (row,) = center.query("SELECT id FROM did WHERE number = :number", {"number": DID})
    await administer(center, f"/dids/{row['id']}/delete", {})
    await administer(center, f"/rooms/{key}/delete", {})


async def come_in(phone: Phone, number: str, pin: str) -> None:
    await phone.dial(number)
    await phone.talks()
    await until(lambda: loudness(phone.heard(0.5)) > -40, 5, "the PIN is asked for")
    await phone.press(f"{pin}#")


def who(board: DeskClient, condition: str = "joined") -> set[str]:
    return {one["number"] for one in board.rooms[ROOM]["members"] if one[condition]}


def member(board: DeskClient, number: str) -> str:
    return next(one["call"] for one in board.rooms[ROOM]["members"] if one["number"] == number)


def hears(phone: Phone, hertz: float) -> Callable[[], bool]:
    return lambda: tone_level(phone.heard(0.4), 8000, hertz) > -32


def misses(phone: Phone, hertz: float) -> Callable[[], bool]:
    return lambda: len(phone.heard()) > 3200 and tone_level(phone.heard(0.4), 8000, hertz) < -45


@pytest.mark.req("PBX-6", "HA-4")
async def test_three_in_a_room_by_pin_with_a_moderator_and_call_control_killed_meanwhile(
    center: Center, room: str, caller: MakePhone, phone: MakePhone, desk: MakeDesk, announced: Announced
) -> None:
    announced.add("connection to Asterisk lost", "hcc-desk", "[Ww]eb ?[Ss]ocket")
    board, agent = await desk("manager", page="room"), await desk("agent11")
    outside = await caller("13940000001")
    first, second = await phone(8011, says=tone(FIRST_TONE, 120)), await phone(8012, says=tone(SECOND_TONE, 120))
    await agent.work()
    await agent.verb("busy", cause="meal")
    await come_in(first, ROOM, "9999")
    await board.until(lambda: board.rooms[ROOM]["members"], 5, "somebody is at the door")
    await until(lambda: _tries(center) == 1, 5, "the wrong PIN is counted")
    await first.press(f"{PIN}#")
    await board.until(lambda: who(board) == {"8011"}, 15, "the first is inside")
    await come_in(outside, DID, MODERATOR)
    await come_in(second, ROOM, PIN)
    await board.until(lambda: who(board) == {"8011", "8012", "13940000001"}, 12, "three are inside")
    assert who(board, "moderator") == {"13940000001"}
    pairs = ((outside, FIRST_TONE), (outside, SECOND_TONE), (first, CALLER_TONE), (second, FIRST_TONE))
    for listener, hertz in pairs:
        await until(hears(listener, hertz), 10, f"{listener.number} hears {hertz}")
    await board.until(lambda: who(board, "talking") >= {"8012"}, 5, "who speaks is shown")
    await board.verb("room_mute", room=ROOM, call=member(board, "8011"), on=True)
    await until(misses(outside, FIRST_TONE), 6, "the first is not heard any more")
    await until(hears(outside, SECOND_TONE), 3, "the second still is")
    await outside.press("*1")
    await board.until(lambda: board.rooms[ROOM]["locked"], 5, "the moderator has locked by keys")
    await board.verb("room_record", room=ROOM, on=True)
    await until(lambda: 'locked":true' in center.query("SELECT live FROM room")[0]["live"], 3, "the lock is stored")
    assert not any(pin in str(center.live()) for pin in (PIN, MODERATOR))
    center.box.run("systemctl", "kill", "-s", "KILL", "hcc-desk")
    await second.listen_anew()
    await until(hears(second, CALLER_TONE), 5, "they go on talking")
    await board.reconnect()
    await board.until(lambda: who(board) == {"8011", "8012", "13940000001"}, 8, "the picture is whole again")
    assert board.rooms[ROOM]["locked"]
    assert who(board, "muted") == {"8011"}
    late = await phone(8013)
    await come_in(late, ROOM, PIN)
    await late.ended(15)
    await board.verb("room_mute", room=ROOM, call=member(board, "8011"), on=False)
    await until(hears(outside, FIRST_TONE), 6, "the first is heard again")
    await board.verb("room_kick", room=ROOM, call=member(board, "8012"))
    await second.ended(10)
    await board.until(lambda: who(board) == {"8011", "13940000001"}, 5, "two are left")
    await board.verb("room_end", room=ROOM)
    await asyncio.gather(first.ended(10), outside.ended(10))
    await board.until(lambda: board.rooms[ROOM]["since"] is None, 5, "the room is empty")
    record = await center.interaction("13940000001")
    assert (record["outcome"], record["called"]) == ("answered", DID)
    assert "talk" in center.segments(record["id"])
    recorded = (await center.interaction("8011"))["id"]
    (left, right), rate = read_wav(await center.recording(recorded))
    assert tone_level(right, rate, CALLER_TONE) > -45
    assert tone_level(left, rate, CALLER_TONE) < -45
    said = center.box.journal_text(since="-2 min")
    assert PIN not in said.replace("2468-", "")
    assert MODERATOR not in said


@pytest.mark.req("PBX-6", "HA-5")
async def test_those_invited_are_called_once_when_the_room_begins(
    center: Center, carrier: Phone, phone: MakePhone, desk: MakeDesk, announced: Announced
) -> None:
    announced.add(*DESK_RESTARTS)
    board, extension = await desk("manager", page="room"), await phone(8012, answers=False)
    before = len(carrier.events)
    begins = datetime.now(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%dT%H:%M")
    fields = {"number": "6905", "name": "晨会", "largest": "9", "starts": begins, "call_invited": "1"}
    await administer(center, "/rooms/new", {**fields, "invitees": "8012\n13940000005\n8999"}, "manager")
    await asyncio.gather(extension.rings(), carrier.rings(after=before))
    (row,) = center.query("SELECT id, opens_at, called_for FROM room WHERE number = '6905'")
    assert row["called_for"] == row["opens_at"]
    await asyncio.gather(extension.answer(), carrier.answer())
    await asyncio.gather(extension.talks(), carrier.talks(after=before))
    await asyncio.gather(extension.press("1"), carrier.press("1"))
    inside = lambda: {one["number"] for one in board.rooms["6905"]["members"] if one["joined"]}  # noqa: E731
    await board.until(lambda: inside() == {"8012", "13940000005"}, 8, "both are inside")
    await board.verb("room_end", room="6905")
    await asyncio.gather(extension.ended(10), carrier.ended(10, after=before))
    rung = extension.count("CALL_INCOMING")
    center.box.kill("hcc-desk.service")
    await board.reconnect()
    await board.until(lambda: board.pbx, 10, "call control is back")
    await administer(center, f"/rooms/{row['id']}", {**fields, "name": "晨交班", "invitees": "8012"}, "manager")
    assert extension.count("CALL_INCOMING") == rung, "not again for the same beginning"
    await administer(center, f"/rooms/{row['id']}/delete", {}, "manager")


def _tries(center: Center) -> int:
    return sum('"tries":1' in document for document in center.live())


@pytest.mark.req("PBX-6")
async def test_wrong_pins_end_the_call_and_the_invited_join_with_a_key(
    center: Center, room: str, carrier: Phone, phone: MakePhone, desk: MakeDesk
) -> None:
    board, agent = await desk("manager", page="room"), await desk("agent1", page="room")
    guesser, member_phone = await phone(8011), await phone(8012, says=tone(SECOND_TONE, 60))
    await come_in(guesser, ROOM, "1111")
    for tries in (1, 2):
        await until(lambda tries=tries: f'"tries":{tries}' in str(center.live()), 5, "the wrong PIN is counted")
        await guesser.press("1111#")
    await guesser.ended(15)
    with pytest.raises(RefusedError) as refused:
        await agent.verb("room_invite", room=ROOM, number="8012")
    assert refused.value.code == "forbidden"
    before = len(carrier.events)
    await board.verb("room_invite", room=ROOM, number="8012")
    await board.verb("room_invite", room=ROOM, number="13940000002")
    with pytest.raises(RefusedError) as refused:
        await board.verb("room_invite", room=ROOM, number="13940000002")
    assert refused.value.code == "already-inside"
    await asyncio.gather(member_phone.talks(), carrier.rings(after=before))
    await member_phone.press("1")
    await board.until(lambda: who(board) == {"8012"}, 5, "the first has come in by a key")
    await carrier.answer()
    await carrier.talks(after=before)
    await carrier.press("1")
    await board.until(lambda: who(board) == {"8012", "13940000002"}, 6, "the outside party as well")
    await carrier.listen_anew()
    await until(hears(carrier, SECOND_TONE), 10, "they hear each other")
    await member_phone.hang_up()
    await board.until(lambda: who(board) == {"13940000002"}, 5, "one is left, alone")
    await board.verb("room_kick", room=ROOM, call=member(board, "13940000002"))
    await carrier.ended(10, after=before)
    made = await visitor(center, "agent1").post("/rooms/now", {"name": "临时会诊"}, page="/rooms")
    assert "会议室已开放" in made.body.decode()
    rows = center.query("SELECT number, created_by FROM room WHERE created_by = 'agent1'")
    assert rows == [{"number": "6901", "created_by": "agent1"}]
