"""Adds queues of a test's own, with their numbers, to the small call centre. Runs inside the box like `seeding.py`."""

import asyncio
import sys

import msgspec

from appliance import config, db
from appliance.callcenter import tables
from appliance.callcenter.people.tables import QueueAgentRow
from appliance.callcenter.queues.tables import QueueRow
from appliance.callcenter.settings.store import bump_revision
from appliance.callcenter.trunks.tables import DidRow

assert tables.MODULES, "all tables are known, for their references to each other"


async def main() -> None:
    """Its argument: JSON list of queues with `id`, `members`, `did` (and `did_sticky`) and columns of the table."""
    engine = db.open_engine(config.load().database.url)
    async with db.sessions(engine)() as session, session.begin():
        for queue in msgspec.json.decode(sys.argv[1]):
            members, did, key = queue.pop("members"), queue.pop("did"), queue["id"]
            sticky = queue.pop("did_sticky", "")
            await session.merge(QueueRow(**queue))
            await session.flush()
            for member in members:
                await session.merge(QueueAgentRow(queue_id=key, agent_id=member))
            target = {"target_kind": "queue", "target_id": key, "sticky": sticky}
            await session.merge(DidRow(id=key, number=did, name=queue["name"], **target))
        await bump_revision(session)
    await engine.dispose()


asyncio.run(main())
