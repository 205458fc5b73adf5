"""The page of another system that belongs to an agent's call."""

from appliance.callcenter.calls.model import Call
from appliance.callcenter.control.floor import Change, Floor
from appliance.callcenter.integrations import pop


def document(floor: Floor, call: Call | None, agent: int) -> Change | None:
    """Its address, and whether it opens by itself; None when there is no call or no such page."""
    settings = floor.directory.settings
    if call is None or not settings.screen_pop_url:
        return None
    queue = floor.directory.queues.get(call.queue or 0)
    entry = floor.directory.agents.get(agent)
    card = next((patient.card_number for patient in call.patients if patient.id == call.patient_id), "")
    values = {
        "caller": call.caller,
        "called": call.called,
        "call": call.id,
        "direction": call.direction.value,
        "line": call.did_name,
        "queue": queue.number if queue is not None else "",
        "agent": entry.number if entry is not None else "",
        "patient_id": call.patient_id,
        "card_number": card,
    }
    return {"url": pop.address(settings.screen_pop_url, values), "opens": settings.screen_pop_opens}
