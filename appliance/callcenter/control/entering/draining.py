"""While the talks of this box are let end before a planned switch-over, nobody new is let in.

A caller who was put into a queue now would be cut off minutes later, in the middle of telling what hurts; so she is
told at once to call again, and who dialled a queue stands in its list of missed calls.
"""

import logging

from appliance import clock
from appliance.callcenter.calls.model import Call, Outcome, Phase, Segment
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import answer, finish, set_phase
from appliance.callcenter.control.speech import say

log = logging.getLogger(__name__)

PROMPT = "system:switching-over"


def turns_away(floor: Floor, call: Call) -> bool:
    """Deal with the new inbound `call` if no new ones are taken; whether it was. The pair's agent leaves the mark."""
    if not floor.refusing.exists():
        return False
    log.info("call %s: no new calls are taken before the switch-over", call.id)
    did = floor.directory.did(call.called)
    if did is not None and did.target_kind == "queue" and did.target_id in floor.directory.queues:
        call.queue, call.queued_at = did.target_id, call.started_at
    answer(floor, call)
    call.outcome = Outcome.OVERFLOW
    set_phase(floor, call, Phase.FLOW, Segment("ivr", clock.now_ms()))
    if not say(floor, call, [PROMPT]):
        finish(floor, call, Outcome.OVERFLOW, "system")
    return True
