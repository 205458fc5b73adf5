"""Signing in to take calls."""

from typing import Annotated, Literal

import msgspec

from appliance.callcenter.acd.events import SignedIn
from appliance.callcenter.acd.model import OCCUPIED
from appliance.callcenter.control import phones
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.db import new_id
from appliance.errors import PbxUnavailableError, WrongStateError
from appliance.pbx.ari import AriError


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    phone: Annotated[
        Literal["web", "sip"], told("web 浏览器软电话，sip 桌面话机", "`web`: browser phone, `sip`: desk phone")
    ]


class NoPhoneError(WrongStateError):
    code, zh, en = "no-phone", "没有为该坐席分配话机", "No desk phone is assigned to this agent"


async def run(request: Request, arguments: Arguments) -> Document | None:
    agent = request.agent
    if agent.state in OCCUPIED:
        raise WrongStateError
    if arguments.phone == "sip" and not request.floor.directory.agents[request.agent_id].extension:
        raise NoPhoneError
    online = agent.phone_online and agent.phone == arguments.phone
    request.floor.distribute(SignedIn(request.now(), request.agent_id, arguments.phone, online, new_id()))
    try:
        await phones.equip(request.floor, request.agent)
    except AriError as error:
        raise PbxUnavailableError from error
    return None


verb = Verb(
    "sign_in",
    "签入",
    "Sign in",
    "Begin to work, with the browser or the desk phone.",
    Arguments,
    run,
    text_zh="签入，开始工作，使用浏览器软电话或桌面话机。",
)
