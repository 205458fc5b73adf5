"""Making this tab the one that owns the desk."""

import msgspec

from appliance.callcenter.verbs.verb import Document, Request, Verb
from appliance.errors import InvalidError


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tab: str


async def run(request: Request, arguments: Arguments) -> Document | None:
    if not 1 <= len(arguments.tab) <= 64:
        raise InvalidError(field="tab")
    agent = request.agent_id
    if request.floor.tabs.get(agent) != arguments.tab:
        request.floor.tabs[agent] = arguments.tab
        request.floor.touch_agent(agent)
    return None


verb = Verb(
    "take_over", "在此继续", "Continue here", "Make this tab own the desk and the browser phone.", Arguments, run
)
