"""Fills the database of a box with a small call centre. Runs inside the box: `python - < seeding.py`, settings as JSON.

Everything is written by the tables themselves, so that the tests do not lean on the pages that they do not test.
"""

import asyncio
import hashlib
import json
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from appliance import config, db, text
from appliance.callcenter.extensions.tables import ExtensionRow
from appliance.callcenter.ivr import model as ivr
from appliance.callcenter.ivr.tables import FlowRow, FlowVersionRow
from appliance.callcenter.patients import pinyin
from appliance.callcenter.patients.tables import PatientPhoneRow, PatientRow
from appliance.callcenter.people.tables import AgentRow, QueueAgentRow, SessionRow, UserRow
from appliance.callcenter.prompts.speech import cached, default_voice
from appliance.callcenter.prompts.tables import PromptRow
from appliance.callcenter.queues.tables import QueueRow
from appliance.callcenter.settings.tables import RevisionRow
from appliance.callcenter.trunks.tables import DidRow, TrunkRow
from provisioning.demo_prompts import DEMO_PROMPTS

NOW = int(time.time() * 1000)
DAY_MS = 86_400_000

type Rows = Iterator[db.Base]


def people(spec: dict[str, Any]) -> Rows:
    users = [("admin", "管理员", "administrator"), ("manager", "班长", "manager")]
    users += [(f"agent{number}", f"坐席{number}", "agent") for number in range(1, spec["agents"] + 1)]
    users.append(("deputy", "副班长", "manager"))  # whose password a test changes
    for key, (login, name, role) in enumerate(users, 1):
        yield UserRow(id=key, login=login, name=name, role=role, created_at=NOW)
        token = hashlib.sha256(f"{spec['token']}-{login}".encode()).hexdigest()
        yield (
            SessionRow(
                token_hash=token, user_id=key, created_at=NOW, last_seen_at=NOW, expires_at=NOW + DAY_MS, address=""
            )
        )


def telephones(spec: dict[str, Any]) -> Rows:
    for key in range(1, spec["agents"] + spec["spare_extensions"] + 1):
        number = str(8000 + key)
        ha1 = hashlib.md5(f"{number}:hcc:secret-{number}".encode()).hexdigest()
        outside, emergency = key != spec["no_outside"], key in spec["emergency"]
        yield (
            ExtensionRow(
                id=key, number=number, digest_ha1=ha1, outside_calls=outside, emergency=emergency, created_at=NOW
            )
        )


def agents_and_queues(spec: dict[str, Any]) -> Rows:
    for key in range(1, spec["agents"] + 1):
        yield AgentRow(
            id=key, user_id=key + 2, number=str(1000 + key), extension_id=key, phone="sip", remote=key in spec["remote"]
        )
    for key, queue in enumerate(spec["queues"], 1):
        members = queue.pop("members")
        yield QueueRow(id=key, **queue)
        for member in members:
            yield QueueAgentRow(queue_id=key, agent_id=member)


def prompts(settings: config.Config) -> Rows:
    """The demonstration hospital's, from the image's cache of spoken texts."""
    folder = Path(settings.paths.prompts)
    folder.mkdir(parents=True, exist_ok=True)
    for key, prompt in enumerate(DEMO_PROMPTS, 1):
        spoken = cached(Path(settings.paths.speech), prompt.text, default_voice(prompt.text))
        if spoken is None:
            raise SystemExit(f"not spoken in the image: {prompt.text}")
        file = hashlib.sha256(spoken.read_bytes()).hexdigest() + ".wav"
        shutil.copyfile(spoken, folder / file)
        yield PromptRow(id=key, name=prompt.key, text=prompt.text, file=file, status="ready", updated_at=NOW)


def flows(spec: dict[str, Any]) -> Rows:
    for key, (name, graph) in enumerate(spec["flows"].items(), 1):
        text_of_graph = json.dumps({"name": name, **graph})
        ivr.parse(text_of_graph)
        yield FlowRow(id=key, name=name, published_version=1)
        yield FlowVersionRow(id=key, flow_id=key, version=1, graph=text_of_graph, created_at=NOW)


def trunks(spec: dict[str, Any]) -> Rows:
    for key, (name, host) in enumerate(spec["trunks"].items(), 1):
        yield TrunkRow(id=key, name=name, host=host, max_calls=250, order=key)
    for key, (number, kind, target) in enumerate(spec["dids"], 1):
        yield DidRow(id=key, number=number, name=f"DID {number}", target_kind=kind, target_id=target)


def patients(spec: dict[str, Any]) -> Rows:
    for key, (name, number, vip) in enumerate(spec["patients"], 1):
        yield (
            PatientRow(
                id=key,
                name=name,
                pinyin=pinyin.pinyin(name),
                initials=pinyin.pinyin_initials(name),
                vip=vip,
                created_at=NOW,
                updated_at=NOW,
            )
        )
        yield PatientPhoneRow(id=key, patient_id=key, number=number, lookup=text.lookup_number(number))


async def main() -> None:
    spec = msgspec.json.decode(sys.argv[1])
    settings = config.load()
    engine = db.open_engine(settings.database.url)
    rows = [
        *(*people(spec), *telephones(spec), *prompts(settings), *agents_and_queues(spec)),
        *(*flows(spec), *trunks(spec), *patients(spec)),
    ]
    async with db.sessions(engine)() as session, session.begin():
        for row in rows:
            session.add(row)
            await session.flush()
        revision = await session.get(RevisionRow, 1)
        if revision is None:
            session.add(RevisionRow(id=1, revision=1))
        else:
            revision.revision += 1
    await engine.dispose()


asyncio.run(main())
