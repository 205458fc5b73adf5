"""Conference rooms as the browser shows them."""

from typing import Any

from appliance.callcenter.calls.model import Call
from appliance.callcenter.control.endpoints import agent_at
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.rooms.model import RoomPart

SHOWN_PATIENTS = 3
"""Of those who share the number."""

type Document = dict[str, Any]


def documents(floor: Floor) -> list[Document]:
    """Every room, in use or not."""
    return [document(floor, number) for number in floor.directory.rooms]


def show(floor: Floor, number: str) -> None:
    """Tell the pages that show rooms."""
    if number in floor.directory.rooms:
        floor.publish({"room": document(floor, number)})


def document(floor: Floor, number: str) -> Document:
    entry, live = floor.directory.rooms[number], floor.rooms.live.get(number)
    calls = [call for call in floor.calls.values() if call.room is not None and call.room.number == number]
    return {
        "id": entry.id,
        "number": number,
        "name": entry.name,
        "since": live.since if live else None,
        "locked": live.locked if live else False,
        "recording": live.recording if live else False,
        "invitees": list(entry.invitees),
        "largest": entry.largest,
        "members": [_member(floor, call, call.room) for call in calls if call.room is not None],
    }


def _member(floor: Floor, call: Call, part: RoomPart) -> Document:
    leg = call.customer
    number = leg.agent if leg is not None else None
    agent = floor.directory.agents.get(number or agent_at(floor, call.remote) or 0)
    extension = floor.directory.extensions.get(call.remote)
    patient = "、".join(patient.name for patient in call.patients[:SHOWN_PATIENTS])
    name = agent.name if agent is not None else patient or (extension.name if extension is not None else "")
    return {
        "call": call.id,
        "name": name,
        "number": call.remote,
        "agent": number,
        "moderator": part.moderator,
        "joined": part.joined,
        "invited": part.invited,
        "ringing": part.invited and not (leg is not None and leg.up),
        "muted": part.muted,
        "talking": call.id in floor.rooms.talking and not part.muted,
        "since": call.answered_at or call.started_at,
    }
