"""Adds callbacks that are owed since now. Runs inside the box like `seeding.py`."""

import sys

import msgspec

from appliance import clock, config, db
from appliance.callcenter import tables
from appliance.callcenter.callbacks import store
from appliance.callcenter.callbacks.model import Kind, Ticket
from appliance.db import new_id

assert tables.MODULES, "all tables are known, for their references to each other"

DAY_MS = 86_400_000


def main() -> None:
    """Standard argument: JSON list of queue and number."""
    engine = db.open_plain_engine(config.load().database.url)
    now = clock.now_ms()
    with engine.begin() as connection:
        for queue, number in msgspec.json.decode(sys.argv[1]):
            store.ask(connection, Ticket(new_id(), Kind.CALLBACK, queue, number, number, now, now, now + DAY_MS), now)


main()
