"""Whether a callback may be dialled now, by the limits of outside calls.

Where the agent is rung first, the call is hers like any she dials: her rights, and counted for her. Where the patient
is rung first nobody of ours calls: what everybody may by default, the night rule, and the trunks' caps.
"""

from appliance.callcenter.call_limits.model import Reason
from appliance.callcenter.callbacks.model import Mode, Ticket
from appliance.callcenter.control.entering import limits
from appliance.callcenter.control.floor import Floor
from appliance.errors import NumberNotAllowedError
from appliance.pbx.numbers import Dialled, classify


def refusal(floor: Floor, ticket: Ticket, agent: int) -> Reason | None:
    """Why the ticket may not be dialled now, when its turn has come at `agent`."""
    target = _target(floor, ticket)
    if target is None:
        return Reason.NOT_ALLOWED
    if _patient_first(floor, ticket):
        return limits.house_refusal(floor, target)
    return limits.agent_refusal(floor, agent, target)


def hopeless(floor: Floor, ticket: Ticket, why: Reason) -> bool:
    """Whether nobody who serves the ticket's queue may ever call such a number."""
    if why is not Reason.NOT_ALLOWED:
        return False
    target = _target(floor, ticket)
    if target is None or _patient_first(floor, ticket):
        return True
    serving = [agent.id for agent in floor.acd.agents.values() if ticket.queue in agent.queues]
    return not any(limits.agent_may(floor, agent, target) for agent in serving)


def _patient_first(floor: Floor, ticket: Ticket) -> bool:
    queue = floor.directory.queues.get(ticket.queue)
    return queue is not None and queue.callback.mode is Mode.PATIENT


def _target(floor: Floor, ticket: Ticket) -> Dialled | None:
    try:
        return classify(ticket.number, floor.directory.numbering)
    except NumberNotAllowedError:
        return None
