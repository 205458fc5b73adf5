"""Sticky routing 智能匹配: who calls back reaches the person who tried to reach her, or talked with her last."""

from sqlalchemy import Connection, and_, bindparam, func, select

from appliance import clock
from appliance.callcenter.calls.contacts import DAY_MS, TALKED, TRIED, ByNumber, Contact, choose, rules_for
from appliance.callcenter.calls.model import Call, Direction
from appliance.callcenter.calls.tables import InteractionRow, SegmentRow
from appliance.callcenter.control.directory import QueueEntry
from appliance.callcenter.control.floor import Floor
from appliance.text import lookup_number

MOST = 20
"""So many of a number's latest calls are looked at."""


_RUNG = and_(
    SegmentRow.interaction_id == InteractionRow.id, SegmentRow.kind == "ring", SegmentRow.agent_id.is_not(None)
)
# Built once: each call that comes in asks the same.
_LATEST = (
    select(
        InteractionRow.id,
        InteractionRow.started_at,
        InteractionRow.answered_at,
        InteractionRow.agent_id,
        func.max(SegmentRow.agent_id),
        InteractionRow.direction,
    )
    .outerjoin(SegmentRow, _RUNG)
    .where(InteractionRow.remote_lookup == bindparam("number"), InteractionRow.started_at > bindparam("since"))
    .group_by(InteractionRow.id)
    .order_by(InteractionRow.started_at.desc())
    .limit(MOST)
)


def days_back(floor: Floor, call: Call) -> int:
    """How many days of contacts matter for this call; 0 where nobody wants them."""
    if call.direction is not Direction.INBOUND:
        return 0
    by_number = _by_number(floor, call)
    return max((rules_for(queue.sticky, by_number).days for queue in floor.directory.queues.values()), default=0)


def contacts(connection: Connection, number: str, days: int) -> list[Contact]:
    """Who had to do with the caller's number in the last `days`: one indexed look-up, none for 0 days."""
    lookup = lookup_number(number)
    if not days or not lookup:
        return []
    found: list[Contact] = []
    rows = connection.execute(_LATEST, {"number": lookup, "since": clock.now_ms() - days * DAY_MS})
    for key, started, answered, talked_with, dialled_by, direction in rows:
        if answered is not None and talked_with is not None:
            found.append(Contact(talked_with, answered, key, TALKED))
        elif answered is None and dialled_by is not None and direction == Direction.OUTBOUND.value:
            found.append(Contact(dialled_by, started, key, TRIED))
    return found


def _by_number(floor: Floor, call: Call) -> str:
    """What the outside number says on which the call came in."""
    did = floor.directory.did(call.called) if call.direction is Direction.INBOUND else None
    return did.sticky if did is not None else ByNumber.QUEUE


def prefer(floor: Floor, call: Call, queue: QueueEntry) -> tuple[int | None, clock.Millis]:
    """The agent whom the caller should reach, and until when she is waited for. Kept with the call, for the screen."""
    now = clock.now_ms()
    rules = rules_for(queue.sticky, _by_number(floor, call))
    wanted = choose(call.contacts, rules, now) if call.answered_at is None else None
    call.sticky = wanted
    return (wanted.agent, now + rules.wait_ms) if wanted is not None else (None, 0)
