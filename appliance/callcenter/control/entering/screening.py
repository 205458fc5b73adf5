"""Callers on the blacklist: decided before the call is answered, looked up or rings anywhere."""

import logging
from functools import partial

from appliance import clock
from appliance.callcenter.blacklist import rules
from appliance.callcenter.blacklist.model import Action, Blocked
from appliance.callcenter.blacklist.store import count_hit
from appliance.callcenter.calls.model import Call, Outcome, Phase, Segment
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import answer, finish, set_phase
from appliance.callcenter.control.speech import say
from appliance.callcenter.control.talking import talks

log = logging.getLogger(__name__)

SILENT_SECONDS = 60
"""How long a caller may speak into silence."""

REASONS = {Action.BUSY: "busy", Action.DECLINE: "rejected"}
PROMPT = "system:caller-blocked"


def stopped(floor: Floor, call: Call) -> bool:
    """Deal with the new inbound `call` if its caller is on the blacklist; whether it was."""
    now = clock.now_ms()
    entry = rules.find(floor.directory.blacklist, call.caller, now)
    if entry is None:
        return False
    log.info("call %s: stopped by blacklist entry %s: %s", call.id, entry.id, entry.action.value)
    floor.journal.store(count_hit(entry.id, now))
    call.outcome = Outcome.BLOCKED
    set_phase(floor, call, Phase.FLOW, Segment("ivr", now, party=entry.key))
    _deal(floor, call, entry)
    return True


def _deal(floor: Floor, call: Call, entry: Blocked) -> None:
    match entry.action:
        case Action.BUSY | Action.DECLINE:
            finish(floor, call, Outcome.BLOCKED, "system", REASONS[entry.action])
        case Action.MESSAGE:
            answer(floor, call)
            if not say(floor, call, [PROMPT]):
                finish(floor, call, Outcome.BLOCKED, "system")
        case Action.SILENT:
            _listen(floor, call)


def _listen(floor: Floor, call: Call) -> None:
    """Like a letter box that says nothing: whatever the caller says is recorded and filed with the call."""
    answer(floor, call)
    if call.customer is not None:
        floor.do(call, partial(floor.ari.start_silence, call.customer.channel))
    talks.record(floor, call)
    until = clock.now_ms() + SILENT_SECONDS * 1000
    floor.set_timer("flow", call.id, until, lambda: finish(floor, call, Outcome.BLOCKED, "system"))
