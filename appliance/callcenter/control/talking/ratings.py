"""A rating by the caller: asked for when the agent has hung up, given with one key, stored with the call.

The agent is free at once and writes her form meanwhile. A caller who hangs up instead simply gave none.
"""

import logging
from functools import partial

from appliance import clock
from appliance.callcenter.calls.model import Call, Direction, Outcome, Phase, Segment
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import finish, release_agent, set_phase
from appliance.callcenter.control.speech import say, stop_saying
from appliance.pbx.recorder import RecorderGoneError

log = logging.getLogger(__name__)

ASK, AGAIN, THANKS = "system:rating-ask", "system:key-invalid", "system:goodbye"
KEY_SECONDS = 8
"""How long a key is waited for after the words."""

KEYS = "12345"


def wanted(floor: Floor, call: Call) -> bool:
    """Whether this talk, which its agent ends, is to be rated."""
    queue = floor.directory.queues.get(call.queue or 0)
    agent = call.partner.agent if call.partner is not None else None
    return (
        queue is not None
        and queue.rating
        and agent is not None
        and call.customer is not None
        and call.direction is Direction.INBOUND
        and call.phase in {Phase.TALKING, Phase.HOLDING}
        and call.consult is None
        and not call.members
        and floor.pbx_up
    )


def begin(floor: Floor, call: Call) -> None:
    """The agent hung up. She is free; the caller is asked."""
    if call.partner is None or call.customer is None:
        return
    partner, customer, now = call.partner, call.customer, clock.now_ms()
    call.outcome, call.hung_up_by = Outcome.ANSWERED, "agent"
    call.close_segment(now, Outcome.ANSWERED.value)
    call.partner = None
    floor.channels.pop(partner.channel, None)
    if call.phase is Phase.TALKING:
        floor.do(call, partial(floor.ari.remove_from_bridge, call.bridge, customer.channel))
    if call.recordings:
        floor.do(call, partial(floor.recorder.stop, customer.name), partial(_not_stopped, call))
    set_phase(floor, call, Phase.RATING, Segment("rating", now, queue=call.queue, agent=partner.agent))
    if partner.agent is not None:
        release_agent(floor, call, partner.agent)
    ask(floor, call)


def _not_stopped(call: Call, error: Exception) -> None:
    """The caller hung up just then, and the recording ended with her."""
    level = logging.INFO if isinstance(error, RecorderGoneError) else logging.WARNING
    log.log(level, "call %s: recording not stopped: %s", call.id, error)


def ask(floor: Floor, call: Call) -> None:
    """Say what the keys mean."""
    floor.stop_timer("rating", call.id)
    if not say(floor, call, [ASK]):
        _end(floor, call)


def played(floor: Floor, call: Call) -> None:
    """The words are over: wait for the key, or part."""
    if call.rating is not None:
        _end(floor, call)
        return
    deadline = clock.now_ms() + KEY_SECONDS * 1000
    floor.set_timer("rating", call.id, deadline, partial(_end, floor, call))


def digit(floor: Floor, call: Call, key: str) -> None:
    """The first of the five keys counts; any other brings the words again."""
    if call.rating is not None:
        return
    stop_saying(floor, call)
    floor.stop_timer("rating", call.id)
    if key not in KEYS:
        if not say(floor, call, [AGAIN, ASK]):
            _end(floor, call)
        return
    call.rating = int(key)
    call.close_segment(clock.now_ms(), f"rated {key}")
    floor.touch(call)
    if not say(floor, call, [THANKS]):
        _end(floor, call)


def _end(floor: Floor, call: Call) -> None:
    if call.id in floor.calls and call.phase is Phase.RATING:
        finish(floor, call, Outcome.ANSWERED, "agent")


def adopt(floor: Floor, call: Call, *, customer: bool) -> None:
    """After call control was away: ask again, or part where that was all but done."""
    if customer and call.rating is None:
        ask(floor, call)
    else:
        finish(floor, call, Outcome.ANSWERED, "agent")
