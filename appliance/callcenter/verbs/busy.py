"""Taking a break."""

import msgspec

from appliance.callcenter.acd.events import BecameBusy
from appliance.callcenter.acd.model import BUSY_CAUSES
from appliance.callcenter.verbs.verb import Document, Request, Verb
from appliance.errors import InvalidError


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cause: str


async def run(request: Request, arguments: Arguments) -> Document | None:
    agent = request.signed_in()
    if arguments.cause not in BUSY_CAUSES:
        raise InvalidError(arguments.cause[:32], field="cause")
    request.floor.distribute(BecameBusy(request.now(), agent.id, arguments.cause))
    return None


verb = Verb("busy", "示忙", "Busy", "Take no calls, with a reason; during a call: after it.", Arguments, run)
