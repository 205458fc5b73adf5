"""Making this tab the one that owns the desk."""

from typing import Annotated

import msgspec

from appliance.callcenter.verbs.verb import Document, Offer, Request, Verb, told
from appliance.errors import InvalidError


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tab: Annotated[str, told("浏览器标签页标识", "id of the browser tab")]


async def run(request: Request, arguments: Arguments) -> Document | None:
    if not 1 <= len(arguments.tab) <= 64:
        raise InvalidError(field="tab")
    agent = request.agent_id
    if request.floor.tabs.get(agent) != arguments.tab:
        request.floor.tabs[agent] = arguments.tab
        request.floor.touch_agent(agent)
    return None


verb = Verb(
    "take_over",
    "在此继续",
    "Continue here",
    "Make this tab own the desk and the browser phone.",
    Arguments,
    run,
    text_zh="让此浏览器标签页接管坐席桌面和软电话。",
    offer=Offer.OWN_PAGES,
)
