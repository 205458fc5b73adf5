"""The two boxes of a pair as far as files go: folders, doors with certificates of one cluster, and a database."""

import asyncio
import contextlib
import hashlib
import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from appliance import clock, db
from appliance.callcenter.calls.recordings import TAILS, RecordingFiler
from appliance.callcenter.calls.tables import InteractionRow, RecordingRow
from appliance.callcenter.prompts.tables import PromptRow
from appliance.callcenter.replica import store, wire
from appliance.callcenter.replica.part import Box, Replica
from appliance.callcenter.replica.peer import Peer, Throttle
from appliance.callcenter.replica.places import Folders
from appliance.callcenter.replica.serving import Serving, application
from appliance.callcenter.tables import Base
from appliance.ha.provision import certificates
from appliance.ha.provision.places import Places
from tests.sip.waiting import until

ADDRESSES = {"one": "127.0.77.1", "two": "127.0.77.2", "three": "127.0.77.3"}
PORT = 8791


def make_pki(folder: Path) -> dict[str, Path]:
    """Folders of each member's certificates, made as the product makes them."""
    first = Places(folder / "one")
    first.make_pki()
    certificates.make_authority(first, "trial")
    made = {}
    for name, address in ADDRESSES.items():
        places = Places(folder / name)
        certificates.make_key(places)
        places.authority.write_bytes(first.authority.read_bytes())
        signed = certificates.sign(first, certificates.signing_request(places), name, [address])
        places.certificate.write_bytes(signed)
        made[name] = places.pki
    return made


def sound(seed: int, frames: int) -> bytes:
    return random.Random(seed).randbytes(frames * 4)


class FileBox:
    """One of them. `active` is its role; its database may be another one's."""

    def __init__(self, name: str, folder: Path, pki: Path, engine: AsyncEngine) -> None:
        self.name, self.active = name, False
        self.other = "two" if name == "one" else "one"
        self._pki = pki
        self.engine, self.sessions = engine, db.sessions(engine)
        recordings = folder / "recordings"
        self.folders = Folders(recordings, folder / "prompts", folder / "spool", recordings / TAILS)
        for needed in (recordings, self.folders.spool):
            needed.mkdir(parents=True, exist_ok=True)
        self.progress = folder / "progress.json"
        self._running: list[asyncio.Task[None]] = []
        self._parts: list[Replica | Serving] = []

    async def start(self, *, bytes_per_second: int = 2**30) -> Replica:
        keys = wire.Certificates(self._pki)
        urls = [f"https://{ADDRESSES[self.other]}:{PORT}"]
        peer = Peer(urls, keys.asking, Throttle(bytes_per_second))
        box = Box(self.name, self.other, lambda: self.active, self.progress, round_seconds=0.2)
        replica = Replica(box, self.folders, self.sessions, peer)
        door = Serving([(ADDRESSES[self.name], PORT)], keys, application(self.folders, replica, self.other))
        self._parts = [replica, door]
        for part in self._parts:
            await part.open()
        self._running = [asyncio.create_task(part.run()) for part in self._parts]
        return replica

    async def stop(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        for part in reversed(self._parts):
            await part.close()
        self._running, self._parts = [], []

    @contextlib.asynccontextmanager
    async def filing(self, url: str) -> AsyncIterator[None]:
        """The recordings program, which runs on the active box."""
        plain = db.open_plain_engine(url)
        filer = RecordingFiler(plain, self.folders.spool, self.folders.recordings)
        task = asyncio.create_task(filer.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            plain.dispose()

    # -- what lies there -------------------------------------------------------------------------------

    def has(self, file: str, sha256: str) -> bool:
        path = self.folders.recordings / file
        return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256

    def told(self) -> str:
        """What the program says of itself."""
        return self.progress.read_text() if self.progress.exists() else ""

    def files(self) -> set[str]:
        return {str(path.relative_to(self.folders.recordings)) for path in self.folders.recordings.rglob("*.wav")}


async def make_schema(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)


async def add_call(box: FileBox, *recordings: RecordingRow) -> None:
    """A finished call with these recordings; they name it."""
    now = clock.now_ms()
    async with box.sessions() as session, session.begin():
        for call in {row.interaction_id for row in recordings}:
            times = {"started_at": now - 9_000, "answered_at": now - 8_000, "ended_at": now, "talk_ms": 8_000}
            session.add(InteractionRow(id=call, direction="inbound", outcome="answered", **times))
        await session.flush()
        session.add_all(recordings)


def pending(call: str) -> RecordingRow:
    return RecordingRow(id=f"{call}-1", interaction_id=call, started_at=clock.now_ms() - 8_000)


async def add_finished(box: FileBox, calls: Sequence[str], size_bytes: int = 4_000) -> list[RecordingRow]:
    """Recordings that were filed on `box`."""
    rows = []
    for number, call in enumerate(calls):
        content = random.Random(number).randbytes(size_bytes)
        file = f"2026/11/23/{call}-1.wav"
        path = box.folders.recording(file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        row = pending(call)
        row.status, row.file, row.size_bytes = "ready", file, size_bytes
        row.sha256 = hashlib.sha256(content).hexdigest()
        rows.append(row)
    await add_call(box, *rows)
    return rows


async def add_prompt(box: FileBox, content: bytes) -> str:
    file = f"{hashlib.sha256(content).hexdigest()}.wav"
    box.folders.prompts.mkdir(exist_ok=True)
    (box.folders.prompts / file).write_bytes(content)
    async with box.sessions() as session, session.begin():
        session.add(PromptRow(name=file[:20], kind="upload", file=file, updated_at=0))
    return file


async def recording(box: FileBox, recording_id: str) -> RecordingRow:
    async with box.sessions() as session:
        return (await session.scalars(select(RecordingRow).where(RecordingRow.id == recording_id))).one()


async def change(box: FileBox, recording_id: str, **values: object) -> None:
    async with box.sessions() as session, session.begin():
        await session.execute(update(RecordingRow).where(RecordingRow.id == recording_id).values(**values))


async def one_copy(box: FileBox) -> int:
    async with box.sessions() as session:
        return (await store.one_copy(session)).count


async def all_twice(box: FileBox, seconds: float = 8) -> None:
    async def is_so() -> bool:
        return await one_copy(box) == 0

    await until(is_so, seconds, "every recording has two copies")
