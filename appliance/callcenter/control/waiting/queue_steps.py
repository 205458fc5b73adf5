"""What distribution wants done, and the steps of queues: one function for each kind of action."""

import logging
from collections.abc import Callable

from appliance import clock
from appliance.callcenter.acd import events as ev
from appliance.callcenter.acd.policy import Announce, Message, OfferCallback, OtherQueue, StartFlow
from appliance.callcenter.calls.model import Call, Outcome, Phase, Segment
from appliance.callcenter.control.entering import flows, standing
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import finish, set_phase
from appliance.callcenter.control.speech import say
from appliance.callcenter.control.waiting import offers, queueing

log = logging.getLogger(__name__)

MOST_MOVES = 10
"""Queues that send callers to one another would do so for ever; after so many moves the caller is told the truth."""

SYSTEM_WORDS = {"nobody": "system:queue-unstaffed", "closed": "system:closed"}
BUSY_WORDS = "system:queue-busy"


def carry_out(floor: Floor, effect: ev.Effect) -> None:
    """Do what distribution wants."""
    call = floor.calls.get(effect.call)
    if call is None:
        return
    match effect:
        case ev.Ring(agent=agent, seconds=seconds):
            offers.ring(floor, call, agent, seconds)
        case ev.StopRinging(agent=agent):
            offers.take_back(floor, call, agent)
        case ev.Announce(ahead=ahead):
            queueing.announce(floor, call, ahead)
        case ev.StepDue():
            _take(floor, call, effect)
        case ev.Overflow():
            _say_goodbye(floor, call, "nobody", "")


def _take(floor: Floor, call: Call, due: ev.StepDue) -> None:
    log.info("call %s: step %d of queue %s: %s", call.id, due.index, due.queue, type(due.step.do).__name__)
    call.steps_done.append(due.index)
    floor.touch(call)
    if due.step.do.leaves:
        call.dialogue = None
    ACTIONS[type(due.step.do)](floor, call, due)


def _announce(floor: Floor, call: Call, due: ev.StepDue) -> None:
    assert isinstance(due.step.do, Announce)
    name = floor.directory.prompt_names.get(due.step.do.prompt)
    if name is not None:
        say(floor, call, [name])


def _other_queue(floor: Floor, call: Call, due: ev.StepDue) -> None:
    assert isinstance(due.step.do, OtherQueue)
    queue = floor.directory.queues.get(due.step.do.queue)
    call.moves += 1
    if queue is None or call.moves > MOST_MOVES:
        _say_goodbye(floor, call, due.step.when.result, "")
        return
    call.close_segment(clock.now_ms(), due.step.when.result)
    queueing.enter(floor, call, queue, call.priority - standing.points(floor, call))


def _message(floor: Floor, call: Call, due: ev.StepDue) -> None:
    assert isinstance(due.step.do, Message)
    prompt = floor.directory.prompt_names.get(due.step.do.prompt or 0, "")
    _say_goodbye(floor, call, due.step.when.result, prompt)


def _start_flow(floor: Floor, call: Call, due: ev.StepDue) -> None:
    assert isinstance(due.step.do, StartFlow)
    call.moves += 1
    if due.step.do.flow not in floor.directory.flows or call.moves > MOST_MOVES:
        _say_goodbye(floor, call, due.step.when.result, "")
        return
    call.close_segment(clock.now_ms(), due.step.when.result)
    flows.begin(floor, call, due.step.do.flow)


def _offer_callback(floor: Floor, call: Call, _due: ev.StepDue) -> None:
    floor.offer_callback(call)


def _say_goodbye(floor: Floor, call: Call, reason: str, prompt: str) -> None:
    """Tell the caller that nobody can take the call, then hang up."""
    call.outcome = Outcome.OVERFLOW
    call.close_segment(clock.now_ms(), reason)
    set_phase(floor, call, Phase.FLOW, Segment("ivr", clock.now_ms()))
    words = [prompt, SYSTEM_WORDS.get(reason, BUSY_WORDS)]
    if not any(say(floor, call, [word]) for word in words if word):
        finish(floor, call, Outcome.OVERFLOW, "system")


ACTIONS: dict[type, Callable[[Floor, Call, ev.StepDue], None]] = {
    Announce: _announce,
    OtherQueue: _other_queue,
    Message: _message,
    StartFlow: _start_flow,
    OfferCallback: _offer_callback,
}
