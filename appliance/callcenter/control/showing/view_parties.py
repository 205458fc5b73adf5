"""Who else is in a call, for the screens: the one who is asked, the members of a conference, a call for help."""

from typing import Any

from appliance.callcenter.calls.model import Call, Leg
from appliance.callcenter.control.floor import Floor

type Document = dict[str, Any]


def parties(floor: Floor, call: Call) -> Document:
    """The members of a call's document that most calls have empty."""
    return {
        "customer": customer_document(call),
        "consult": _consult(floor, call) if call.consult is not None else None,
        "members": [_member(floor, leg) for leg in call.members],
        "record_paused": call.record_paused,
        "draft": call.draft,
        "help": call.help,
    }


def customer_document(call: Call) -> Document | None:
    """The agent at the customer's end of a call inside, or None."""
    leg = call.customer
    if leg is None or leg.agent is None:
        return None
    room = call.room
    if room is not None:
        return {"agent": leg.agent, "muted": room.muted, "room": room.number}
    return {"agent": leg.agent, "muted": leg.muted, "room": ""}


def help_document(floor: Floor, agent: int) -> Document | None:
    """What an agent asks the shift manager, or None."""
    call = floor.calls.get(floor.agent(agent).call)
    if call is None or call.help is None or call.help.agent != agent:
        return None
    return {"note": call.help.note, "since": call.help.since, "call": call.id}


def _consult(floor: Floor, call: Call) -> Document | None:
    consult = call.consult
    if consult is None:
        return None
    leg = consult.leg
    asking = floor.directory.agents.get(consult.by)
    queue = floor.directory.queues.get(consult.queue or 0)
    name = _name(floor, leg) if leg is not None else (queue.name if queue is not None else consult.target)
    return {
        "by": consult.by,
        "by_name": asking.name if asking is not None else "",
        "kind": consult.kind,
        "target": consult.target,
        "name": name,
        "agent": leg.agent if leg is not None else None,
        "state": consult.state,
        "since": consult.since,
    }


def _member(floor: Floor, leg: Leg) -> Document:
    return {
        "id": leg.channel,
        "agent": leg.agent,
        "party": leg.party,
        "name": _name(floor, leg),
        "state": "talking" if leg.up else "ringing",
        "muted": leg.muted,
        "since": leg.started_at,
    }


def _name(floor: Floor, leg: Leg) -> str:
    """A person's name where it is known, else the number."""
    agent = floor.directory.agents.get(leg.agent or 0)
    if agent is not None:
        return agent.name
    extension = floor.directory.extensions.get(leg.party)
    return extension.name or leg.party if extension is not None else leg.party
