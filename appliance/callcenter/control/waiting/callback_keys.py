"""Keys that mean a callback: a waiting caller asks for one, and a patient who was called back says whether to go on.

A step of the queue may offer it too; then the caller is told of it and presses the same key.
"""

from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from appliance import clock
from appliance.callcenter.acd.events import Asked, CallLeft
from appliance.callcenter.callbacks import dialogue, store
from appliance.callcenter.callbacks.model import Kind, Mode, Reason, State, Ticket
from appliance.callcenter.calls.model import Call, Direction, Leg, Outcome, Phase, Purpose, Segment
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import finish, set_phase
from appliance.callcenter.control.speech import say, stop_saying
from appliance.callcenter.control.waiting import callbacks, music
from appliance.db import new_id
from appliance.errors import NumberNotAllowedError
from appliance.pbx.numbers import NumberClass, classify
from appliance.text import lookup_number

CALLABLE = frozenset({NumberClass.LOCAL, NumberClass.MOBILE, NumberClass.NATIONAL})
"""Classes of numbers that may be called back: no extension, no emergency or service number, nothing abroad."""


def attach(floor: Floor) -> None:
    """Have call control tell this module, and `callbacks`, what concerns them."""
    callbacks.attach(floor)
    floor.offer_callback = partial(offer, floor)


def checked(floor: Floor, number: str) -> str:
    """`number` as it is dialled, or nothing when it may not be called back."""
    try:
        target = classify(number, floor.directory.numbering)
    except NumberNotAllowedError:
        return ""
    return target.number if target.kind in CALLABLE else ""


def digit(floor: Floor, call: Call, key: str) -> bool:
    """A key of the customer; False when it has nothing to do with callbacks."""
    if call.dialogue is not None:
        stop_saying(floor, call)
        _step(floor, call, dialogue.Key(clock.now_ms(), key))
        return True
    rules = callbacks.rules_of(floor, call.queue or 0)
    if not _may_ask(floor, call) or key != rules.key:
        return False
    # Asked where to call back, she keeps waiting, and may be connected at any moment.
    stop_saying(floor, call)
    _take(floor, call, dialogue.begin(call.caller, partial(checked, floor)))
    return True


def offer(floor: Floor, call: Call) -> None:
    """A step of the queue: offer the waiting caller a callback, where the queue has callbacks."""
    if call.dialogue is None and _may_ask(floor, call):
        stop_saying(floor, call)
        _take(floor, call, dialogue.offer(call.caller, callbacks.rules_of(floor, call.queue or 0).key))
    else:
        _tell(floor, call)


def _may_ask(floor: Floor, call: Call) -> bool:
    waits = call.phase is Phase.WAITING and call.direction is Direction.INBOUND and call.answered_at is None
    return waits and callbacks.rules_of(floor, call.queue or 0).mode is not Mode.OFF


def _tell(floor: Floor, call: Call) -> None:
    """Distribution takes no step for a caller who is being asked something."""
    floor.distribute(Asked(clock.now_ms(), call.id, asking=call.dialogue is not None))


def leg_up(floor: Floor, call: Call, leg: Leg) -> bool:
    """A leg of a callback was answered while the other side is not there yet; False when it is none."""
    if not call.callback or leg.by_key:
        return False
    if leg.purpose is Purpose.OFFER and call.customer is None:
        callbacks.agent_up(floor, call, leg)
        return True
    if leg.purpose is Purpose.CUSTOMER and call.partner is None:
        patient_up(floor, call, leg)
        return True
    return False


def patient_up(floor: Floor, call: Call, leg: Leg) -> None:
    """Patient first: she answered; tell her who is calling, and ask whether she wants to talk."""
    leg.up = True
    call.close_segment(clock.now_ms(), "answered")
    set_phase(floor, call, Phase.FLOW, Segment("ivr", clock.now_ms()))
    _take(floor, call, dialogue.greet())


def said(floor: Floor, call: Call) -> None:
    """What was said is over: time for an answer."""
    _step(floor, call, dialogue.Said(clock.now_ms()))
    music.start(floor, call, call.customer if call.phase is Phase.WAITING else None)


def _step(floor: Floor, call: Call, event: dialogue.Event) -> None:
    if call.dialogue is not None and call.phase is not Phase.ENDED:
        _take(floor, call, dialogue.step(call.dialogue, event, partial(checked, floor)))


def _take(floor: Floor, call: Call, result: dialogue.Step) -> None:
    asked = call.dialogue is not None
    call.dialogue, effects = result
    floor.touch(call)
    deadline = call.dialogue.deadline if call.dialogue is not None else None
    floor.set_timer("flow", call.id, deadline, lambda: _step(floor, call, dialogue.Late(clock.now_ms())))
    for effect in effects:
        _carry_out(floor, call, effect)
    if asked != (call.dialogue is not None) and call.phase is Phase.WAITING:
        _tell(floor, call)


def _carry_out(floor: Floor, call: Call, effect: dialogue.Effect) -> None:
    match effect:
        case dialogue.Say(prompts):
            if not say(floor, call, prompts):
                said(floor, call)
        case dialogue.Resume():
            music.start(floor, call, call.customer)
        case dialogue.Store(number):
            floor.do(call, partial(_store, floor, call, number))
        case dialogue.Accept():
            callbacks.accepted(floor, call)
        case dialogue.Decline(reached):
            finish(floor, call, Outcome.REJECTED if reached else Outcome.NO_ANSWER, "caller")


async def _store(floor: Floor, call: Call, number: str) -> None:
    """Note the callback with the caller's place; she hears of it when it is on the disk."""
    now = clock.now_ms()
    queue = call.queue or 0
    ticket = Ticket(
        id=new_id(),
        kind=Kind.CALLBACK,
        queue=queue,
        number=number,
        lookup=lookup_number(number)[:32],
        since=call.queued_at,
        created_at=now,
        expires_at=now + callbacks.rules_of(floor, queue).expiry_ms,
        priority=call.priority,
        patient_id=call.patient_id,
        origin=call.id,
    )
    try:
        stored = await floor.journal.transact(partial(store.ask, ticket=ticket, now=now))
    except SQLAlchemyError, OSError:
        _not_stored(floor, call)
        return
    callbacks.take(floor, [stored])
    if call.phase is Phase.WAITING and call.dialogue is not None:
        _accepted(floor, call)
    elif call.phase is not Phase.ENDED:
        callbacks.close(floor, stored, State.DONE, Reason.CALLED_AGAIN)


def _not_stored(floor: Floor, call: Call) -> None:
    if call.phase is Phase.WAITING and call.dialogue is not None:
        call.dialogue = None
        say(floor, call, ["system:callback-failed"])
        _tell(floor, call)


def _accepted(floor: Floor, call: Call) -> None:
    """The ticket waits in her stead; she is told so, then the call ends."""
    now = clock.now_ms()
    call.dialogue, call.outcome = None, Outcome.CALLBACK
    floor.distribute(CallLeft(now, call.id))
    call.close_segment(now, "callback")
    set_phase(floor, call, Phase.FLOW, Segment("ivr", now))
    if not say(floor, call, ["system:callback-accepted"]):
        finish(floor, call, Outcome.CALLBACK, "system")
    callbacks.tend(floor)
