"""Files of the active box follow to the standby, over real connections with the cluster's certificates."""

import asyncio
import json
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from appliance import db
from appliance.callcenter.replica import places
from tests.ha.replica_boxes import (
    ADDRESSES,
    PORT,
    FileBox,
    add_call,
    add_finished,
    add_prompt,
    all_twice,
    change,
    make_pki,
    make_schema,
    one_copy,
    pending,
    recording,
    sound,
)
from tests.sip.waiting import until

pytestmark = pytest.mark.req("REC-2")


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return make_pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path}/both.db"


@pytest.fixture
async def boxes(tmp_path: Path, pki: dict[str, Path], url: str) -> AsyncIterator[tuple[FileBox, FileBox]]:
    """One is active. Both read one database here, as synchronous replication makes it."""
    engine = db.open_engine(url)
    await make_schema(engine)
    one, two = (FileBox(name, tmp_path / name, pki[name], engine) for name in ("one", "two"))
    one.active = True
    yield one, two
    await one.stop()
    await two.stop()
    await engine.dispose()


async def start(*boxes: FileBox) -> None:
    for box in boxes:
        await box.start()


async def command(*words: str) -> None:
    await asyncio.to_thread(subprocess.run, words, check=True, timeout=10)


async def test_finished_recordings_and_prompts_follow(boxes: tuple[FileBox, FileBox]) -> None:
    one, two = boxes
    rows = await add_finished(one, [f"call{number:04}" for number in range(300)])
    prompt = await add_prompt(one, b"RIFF" + sound(1, 500))
    await start(one, two)
    await until(lambda: two.folders.prompt(prompt).exists(), 5, "the prompt is there")
    await all_twice(one)
    assert all(two.has(row.file, row.sha256) for row in rows)
    assert two.folders.prompt(prompt).stat().st_mode & 0o777 == 0o644
    assert not list(two.folders.incoming.iterdir())
    (late,) = await add_finished(one, ["late"])
    await until(lambda: two.has(late.file, late.sha256), 3, "what is finished later follows, too")
    await until(lambda: json.loads(one.told())["one_copy"] == 0, 8, "it is told")
    assert json.loads(one.told())["peer"] is True


async def test_half_files_go_on_and_wrong_ones_never_count(boxes: tuple[FileBox, FileBox]) -> None:
    one, two = boxes
    half, wrong, short, away, good = await add_finished(one, ["half", "wrong", "short", "away", "good"], 900_000)
    whole = one.folders.recording(half.file).read_bytes()
    two.folders.make()
    (two.folders.incoming / "half-1.wav").write_bytes(whole[:700_000])  # stopped half way
    (two.folders.incoming / "good-1.wav").write_bytes(b"x" * 900_001)  # of something else
    one.folders.recording(wrong.file).write_bytes(b"x" * 900_000)
    one.folders.recording(short.file).write_bytes(b"x" * 100)
    for number, name in enumerate(("../../one/progress.json", "/etc/passwd", "2026/11/23/../../x.wav")):
        (evil,) = await add_finished(one, [f"evil{number}"])
        await change(one, evil.id, file=name)
    one.folders.recording(away.file).unlink()
    await start(one, two)
    for row in (half, good):
        await until(lambda row=row: two.has(row.file, row.sha256), 5, f"{row.id} is there")
    await until(lambda: "wrong-1" in two.told(), 8, "what is wrong is told")
    assert two.files() == {half.file, good.file}
    assert (await recording(one, wrong.id)).copies == 1


async def test_only_the_other_box_is_let_in_and_only_to_its_files(
    boxes: tuple[FileBox, FileBox], pki: dict[str, Path]
) -> None:
    one, _ = boxes
    (row,) = await add_finished(one, ["call"])
    (one.folders.recordings / "secret.wav").write_bytes(b"secret")
    link = one.folders.recording("2026/11/23/link-1.wav")
    link.symlink_to(one.folders.recordings / "secret.wav")
    await one.start()
    door = f"https://{ADDRESSES['one']}:{PORT}"

    async def status(member: str | None, path: str) -> int:
        context = ssl.create_default_context(cafile=pki["one"] / "ca.pem")
        if member is not None:
            context.load_cert_chain(pki[member] / "member.pem", pki[member] / "member.key")
        connector = aiohttp.TCPConnector(ssl=context)
        address = URL(door + path, encoded=True)
        async with aiohttp.ClientSession(connector=connector) as client, client.get(address) as answer:
            return answer.status

    good = f"/recordings/{row.file}"
    assert await status("two", good) == 200
    for member in ("one", "three"):  # the witness is a member, but no box
        assert await status(member, good) == 403
        assert await status(member, "/state") == 403
    with pytest.raises((aiohttp.ClientError, OSError)):
        await status(None, good)
    for path in (
        "/recordings/secret.wav",
        "/recordings/2026/11/23/../../../secret.wav",
        "/recordings/..%2f..%2fprogress.json",
        "/recordings/2026/11/23/link-1.wav",
        "/recordings//etc/passwd",
        "/recordings/.store",
        "/prompts/..%2frecordings%2fsecret.wav",
        "/spool/..%2frecordings%2fsecret",
        "/",
    ):
        assert await status("two", path) == 404, path


async def test_full_disk_of_the_standby_waits_and_is_told(boxes: tuple[FileBox, FileBox]) -> None:
    one, two = boxes
    rows = await add_finished(one, ["a", "b"])
    disk = str(two.folders.recordings)
    await command("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk)
    try:
        await start(one, two)
        await until(lambda: "free on the disk" in two.told(), 8, "it is told")
        assert two.files() == set()
        assert await one_copy(one) == 2
        await command("mount", "-o", "remount,size=4g", disk)
        await all_twice(one)
        assert two.files() == {row.file for row in rows}
        await until(lambda: "free on the disk" not in two.told(), 3, "it is over")
    finally:
        await two.stop()
        await command("umount", "-l", disk)


async def test_exchanged_disk_gets_everything_again(boxes: tuple[FileBox, FileBox]) -> None:
    one, two = boxes
    rows = await add_finished(one, ["a", "b", "c"])
    await start(one, two)
    await all_twice(one)
    await two.stop()
    for row in rows:
        two.folders.recording(row.file).unlink()
    (two.folders.recordings / ".store").unlink()
    await two.start()
    await until(lambda: len(two.files()) == 3, 8, "they are there again")
    await all_twice(one)


async def test_deleted_recordings_go_from_both_and_nothing_else_does(boxes: tuple[FileBox, FileBox]) -> None:
    one, two = boxes
    gone, lost, kept = await add_finished(one, ["gone", "lost", "kept"])
    await start(one, two)
    await all_twice(one)
    await two.stop()  # away while it is deleted
    one.folders.recording(lost.file).unlink()  # that a file is missing deletes nothing
    await change(one, gone.id, status="deleted")
    await two.start()

    async def is_gone() -> bool:
        return (await recording(one, gone.id)).copies == 0

    await until(is_gone, 8, "no box has it any more")
    assert one.files() == {kept.file}
    assert two.files() == {kept.file, lost.file}


async def test_what_was_in_progress_is_saved_and_completed_when_the_box_comes_back(
    boxes: tuple[FileBox, FileBox], url: str
) -> None:
    one, two = boxes
    talk, done, young = sound(1, 24_000), sound(2, 16_000), sound(3, 8_000)
    raw = one.folders.spooled("talk-1")
    raw.write_bytes(talk[:40_000])
    one.folders.spooled("done-1").write_bytes(done[:30_001])
    await start(one, two)
    await until(lambda: places.size_of(two.folders.tail("talk-1")) == 40_000, 8, "the tail follows")
    places.append(raw, 40_000, talk[40_000:60_000])
    await until(lambda: places.size_of(two.folders.tail("talk-1")) == 60_000, 8, "it grows")
    await two.stop()  # the link goes first: what follows stays on the active box alone
    places.append(raw, 60_000, talk[60_000:])
    one.folders.spooled("young-1").write_bytes(young)
    one.folders.spooled("done-1").write_bytes(done)
    await add_call(one, pending("done"))

    async def is_filed(box: FileBox, name: str) -> bool:
        return (await recording(box, f"{name}-1")).status == "ready"

    async with one.filing(url):
        await until(lambda: is_filed(one, "done"), 5, "it is finished")
    await one.stop()  # and then its plug is pulled
    one.active, two.active = False, True
    await two.start()
    await add_call(two, pending("talk"))  # call control ends what was cut
    async with two.filing(url):
        await until(lambda: is_filed(two, "talk"), 5, "the tail is filed")
        cut = await recording(two, "talk-1")
        assert cut.salvaged
        assert two.folders.recording(cut.file).read_bytes()[44:] == talk[:60_000]
        finished = await recording(two, "done-1")
        saved = two.folders.cut(finished.file)
        await until(saved.exists, 8, "of what was finished there is something to play")
        assert saved.read_bytes()[44:] == done[:30_000]
        assert not finished.salvaged

        await change(two, "talk-1", error="")
        await add_call(two, pending("young"))
        await change(two, "young-1", status="missing")
        await one.start()  # the old box is back
        await until(lambda: two.has(finished.file, finished.sha256), 8, "the finished one came back")
        assert not saved.exists()
        for name, content in (("talk", talk), ("young", young)):

            def is_whole(name: str = name, content: bytes = content) -> bool:
                path = two.folders.recording(cut.file).with_name(f"{name}-1.wav")
                return path.exists() and path.read_bytes()[44:] == content

            await until(is_whole, 15, f"all of {name} came back")
        await until(lambda: not list(one.folders.spool.iterdir()), 15, "nothing is left there")
        await all_twice(two, 15)
    assert one.files() == two.files()
    assert not (await recording(two, "talk-1")).salvaged, "nothing of it is missing now"
    assert not list(two.folders.tails.iterdir())
