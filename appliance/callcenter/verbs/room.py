"""What the verbs about conference rooms share: who may moderate which room."""

from typing import Annotated

import msgspec

from appliance.callcenter.calls.model import Call
from appliance.callcenter.control.rooms import rooms
from appliance.callcenter.verbs.verb import Request, told
from appliance.errors import ForbiddenError, NotFoundError, WrongStateError


class RoomSwitch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Arguments of what is on or off in a room."""

    room: Annotated[str, told("会议室号码", "number of the room", example="6900")]
    on: Annotated[bool, told("开或关", "on or off")]


def moderated(request: Request, number: str) -> str:
    """The room's number, if the person who asks may moderate it. Raises NotFoundError, ForbiddenError.

    Managers and administrators may everywhere; agents in rooms they made, and where they are the moderator.
    """
    entry = request.floor.directory.rooms.get(number)
    if entry is None:
        raise NotFoundError
    actor = request.actor
    if actor.role == "agent" and entry.created_by != actor.login and not _leads(request, number):
        raise ForbiddenError
    return number


def _leads(request: Request, number: str) -> bool:
    inside = rooms.members(request.floor, number)
    own = (call.room for call in inside if call.customer and call.customer.agent == request.actor.agent_id)
    return any(part is not None and part.moderator for part in own)


def participant(request: Request, number: str, call_id: str) -> Call:
    """Raises WrongStateError when that call has no part in the room (any more)."""
    call = request.floor.calls.get(call_id)
    if call is None or call.room is None or call.room.number != number:
        raise WrongStateError
    return call
