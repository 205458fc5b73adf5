"""Beginning and ending calls."""

import asyncio
import contextlib
import logging
from functools import partial

from sqlalchemy import Connection

from appliance import clock
from appliance.callcenter.acd.events import CallLeft, TalkEnded
from appliance.callcenter.acd.model import ON_CALL
from appliance.callcenter.calls import records
from appliance.callcenter.calls.model import FAILOVER, Call, Direction, Leg, Outcome, Phase, Purpose, Segment
from appliance.callcenter.control.entering import limits, standing
from appliance.callcenter.control.floor import Counters, Floor
from appliance.db import new_id

log = logging.getLogger(__name__)

STORE_SECONDS = 1.0


def begin(
    floor: Floor,
    direction: Direction,
    *,
    caller: str,
    called: str,
    arrived_at: clock.Millis | None = None,
    key: str = "",
) -> Call:
    """A new call without legs yet; `arrived_at` when it began before we heard of it, `key` when its id is known."""
    now = clock.now_ms()
    began = now if arrived_at is None else min(arrived_at, now)
    call = Call(key or new_id(), direction, began, caller=caller, called=called, since=now)
    floor.calls[call.id] = call
    floor.touch(call)
    return call


def new_leg(floor: Floor, call: Call, purpose: Purpose, party: str, agent: int | None = None) -> Leg:
    """A leg we are about to make; its channel id says to which call it belongs."""
    call.legs_made += 1
    leg = Leg(f"{call.id}-{call.legs_made}", purpose, party, agent, started_at=clock.now_ms())
    floor.index(call, leg)
    return leg


def set_phase(floor: Floor, call: Call, phase: Phase, segment: Segment | None = None) -> None:
    """Enter `phase`; `segment` becomes the present stretch of the call."""
    call.phase = phase
    call.since = segment.started_at if segment is not None else clock.now_ms()
    if segment is not None:
        call.open_segment(segment)
    floor.touch(call)


def answer(floor: Floor, call: Call) -> None:
    """Pick up for the customer, so that we can speak."""
    if call.customer is not None and not call.customer.up:
        call.customer.up = True
        floor.send(call, partial(floor.ari.answer, call.customer.channel))


def hang_up_leg(floor: Floor, call: Call, leg: Leg, reason: str = "normal") -> None:
    """Forget the leg and have the PBX end it."""
    floor.channels.pop(leg.channel, None)
    floor.send(call, lambda: floor.ari.hang_up(leg.channel, reason))


def when_stored(floor: Floor, call: Call) -> None:
    """What follows for the call waits until all that was decided is on disk, but never long.

    For steps after which the PBX alone does not tell what was meant: without this, call control that is killed just
    after it let an agent go would take her for one who hung up, and end the call.
    """

    async def wait() -> None:
        stored = asyncio.Event()
        floor.journal.then(stored.set)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STORE_SECONDS):
                await stored.wait()

    floor.do(call, wait)


def wrap_up_seconds(floor: Floor, call: Call, agent: int) -> int:
    """How long `agent` may take for the form; 0 = none is owed (internal calls, only rung, only asked along)."""
    talked = any(segment.kind == "talk" and segment.agent == agent for segment in call.segments)
    guest = any(leg.agent == agent for leg in call.guests())
    if guest or not talked or call.direction is Direction.INTERNAL or call.answered_at is None:
        return 0
    queue = floor.directory.queues.get(call.queue or 0)
    return queue.rules.wrap_up_seconds if queue is not None else floor.directory.settings.wrap_up_seconds


def release_agent(floor: Floor, call: Call, agent: int) -> None:
    """The agent has nothing to do with the call any more: wrap-up begins if she talked."""
    talked = floor.agent(agent).state in ON_CALL
    if talked:
        floor.agent_counts.setdefault(agent, Counters()).talk_ms += clock.now_ms() - floor.agent(agent).since
    seconds = wrap_up_seconds(floor, call, agent) if talked else 0
    floor.distribute(TalkEnded(clock.now_ms(), agent, call.id, seconds))


def finish(floor: Floor, call: Call, outcome: Outcome, by: str, reason: str = "normal") -> None:
    """End the call whatever it is doing: hang up, free the agent, store the record. Harmless when repeated."""
    if call.phase is Phase.ENDED:
        return
    now = clock.now_ms()
    log.info("call %s ends: %s by %s", call.id, outcome.value, by or "nobody")
    call.outcome, call.hung_up_by, call.phase, call.since = outcome, by, Phase.ENDED, now
    call.close_segment(now, FAILOVER if by == FAILOVER else outcome.value)
    _count(floor, call)
    standing.note_end(floor, call)
    # Who is in it: her own leg may be gone already, when she called a colleague and hung up by the telephone.
    agents = [agent.id for agent in floor.acd.agents.values() if agent.call == call.id]
    for leg in call.legs():
        hang_up_leg(floor, call, leg, reason)
    if call.bridge:
        floor.send(call, lambda: floor.ari.destroy_bridge(call.bridge))
    floor.playbacks.pop(call.id, None)
    for kind in ("flow", "ring", "talk", "rating"):
        floor.stop_timer(kind, call.id)
    floor.distribute(CallLeft(now, call.id))
    for agent in agents:
        release_agent(floor, call, agent)

    more = floor.closing(call, now)

    def write(connection: Connection) -> None:
        records.store(connection, call, now)
        for also in more:
            also(connection)

    del floor.calls[call.id]
    limits.ended(floor, call)
    floor.left_room(call)
    floor.touch(call)
    floor.journal.call_finished(call.id, write)
    floor.when_over.pop(call.id, _nothing)()


def cut(floor: Floor, call: Call, outcome: Outcome = Outcome.CUT) -> None:
    """End it as cut: by a take-over where the other box had it, else by us."""
    finish(floor, call, outcome, FAILOVER if was_elsewhere(floor, call) else "system")


def was_elsewhere(floor: Floor, call: Call) -> bool:
    """Whether the box had it from which this one took over (clocks of two boxes are not compared)."""
    return call.id in floor.from_other_box


def _nothing() -> None:
    """Nobody waits for the end of this call."""


def _count(floor: Floor, call: Call) -> None:
    if call.queue is None:
        return
    counts = floor.queue_counts.setdefault(call.queue, Counters())
    if call.answered_at is not None:
        counts.answered += 1
        entry = floor.directory.queues.get(call.queue)
        level = entry.service_level_seconds if entry is not None else 20
        counts.in_level += call.total_ms("wait", "ring") <= level * 1000
    elif call.outcome in {Outcome.ABANDONED, Outcome.OVERFLOW}:
        counts.abandoned += 1
    floor.touch_queue(call.queue)
