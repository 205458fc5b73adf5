"""Waiting: into a queue, told the position, interrupted by a key."""

from appliance import clock
from appliance.callcenter.acd import events as ev
from appliance.callcenter.callbacks.dialogue import offer_words
from appliance.callcenter.callbacks.model import Mode
from appliance.callcenter.calls.model import Call, Direction, Phase, Segment
from appliance.callcenter.control.directory import QueueEntry
from appliance.callcenter.control.entering import standing
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import set_phase
from appliance.callcenter.control.speech import say, stop_saying
from appliance.callcenter.control.waiting import music, sticky
from appliance.callcenter.prompts.catalogue import queue_position, queue_wait


def enter(floor: Floor, call: Call, queue: QueueEntry, priority: int) -> None:
    """Put the caller into `queue`; music until an agent answers."""
    if call.customer is None:
        return
    now = clock.now_ms()
    stop_saying(floor, call)
    if not call.queued_at:
        call.queued_at = now
    call.queue, call.entered_at, call.steps_done = queue.id, now, []
    call.priority = priority + standing.points(floor, call)
    floor.caller_entered(call)
    set_phase(floor, call, Phase.WAITING, Segment("wait", now, queue=queue.id))
    music.start(floor, call, call.customer)
    needs = tuple(call.needs)
    agent, until = sticky.prefer(floor, call, queue)
    floor.distribute(
        ev.CallQueued(
            now, call.id, queue.id, call.priority, call.queued_at, needs, preferred=agent, preferred_until=until
        )
    )


def queued_again(call: Call) -> ev.CallQueued:
    """After call control was away: back to the old place."""
    return ev.CallQueued(
        clock.now_ms(),
        call.id,
        call.queue or 0,
        call.priority,
        call.queued_at,
        tuple(call.needs),
        call.entered_at or call.queued_at,
        tuple(call.steps_done),
    )


def announce(floor: Floor, call: Call, ahead: int) -> None:
    """Say how many wait before the caller."""
    if call.dialogue is None:
        words = [queue_position(ahead).key, *_expected_wait(floor, call)]
        say(floor, call, [*(f"system:{word}" for word in words), *callback_offer(floor, call)])


def _expected_wait(floor: Floor, call: Call) -> list[str]:
    queue = floor.directory.queues.get(call.queue or 0)
    seconds = floor.estimates.call_seconds(floor.acd, clock.now_ms(), call.id)
    return [queue_wait(seconds).key] if queue is not None and queue.announce_wait and seconds is not None else []


def callback_offer(floor: Floor, call: Call) -> list[str]:
    """The words that offer a callback, where the queue has it."""
    entry = floor.directory.queues.get(call.queue or 0)
    if entry is None or entry.callback.mode is Mode.OFF or call.direction is not Direction.INBOUND:
        return []
    return [*offer_words(entry.callback.key)]


def announcement_finished(floor: Floor, call: Call) -> None:
    """Back to the music."""
    if call.phase in {Phase.WAITING, Phase.RINGING}:
        music.start(floor, call, call.customer)


def digit(floor: Floor, call: Call, _key: str) -> None:
    """Any key cuts an announcement short."""
    if call.phase is Phase.WAITING and call.id in floor.playbacks:
        stop_saying(floor, call)
        music.start(floor, call, call.customer)
