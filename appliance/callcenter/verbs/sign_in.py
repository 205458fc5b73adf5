"""Signing in to take calls."""

from typing import Annotated, Literal

import msgspec

from appliance.callcenter.acd.events import SignedIn
from appliance.callcenter.acd.model import OCCUPIED
from appliance.callcenter.control import phones
from appliance.callcenter.control.endpoints import OUTSIDE, agent_at
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.db import new_id
from appliance.errors import ForbiddenError, NumberNotAllowedError, PbxUnavailableError, WrongStateError
from appliance.pbx.ari import AriError
from appliance.pbx.numbers import NumberClass, classify


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    phone: Annotated[
        Literal["web", "sip", "outside"],
        told(
            "web 浏览器软电话，sip 桌面话机，outside 外线电话（远程坐席）",
            "`web`: browser phone, `sip`: desk phone, `outside`: a number outside (remote agents)",
        ),
    ]
    number: Annotated[str, told("外线电话号码（phone 为 outside 时）", "the number outside, for `outside`")] = ""


OUTSIDE_CLASSES = frozenset({NumberClass.LOCAL, NumberClass.MOBILE, NumberClass.NATIONAL})
"""Where an agent may be rung; not at a service or emergency number."""


class NotRemoteError(ForbiddenError):
    code, zh, en = "not-remote", "未获准用外线电话签入", "You may not work at an outside number"


class NoPhoneError(WrongStateError):
    code, zh, en = "no-phone", "没有为该坐席分配话机", "No desk phone is assigned to this agent"


class PhoneTakenError(WrongStateError):
    code, zh, en = "phone-taken", "您的话机上已有其他坐席签入", "Another agent is signed in at your desk phone"


async def run(request: Request, arguments: Arguments) -> Document | None:
    agent = request.agent
    if agent.state in OCCUPIED:
        raise WrongStateError
    if arguments.phone == "sip":
        _check_desk_phone(request)
    number = _outside_number(request, arguments.number) if arguments.phone == OUTSIDE else agent.outside_number
    online = agent.phone_online and agent.phone == arguments.phone
    request.floor.distribute(
        SignedIn(request.now(), request.agent_id, arguments.phone, online, new_id(), outside_number=number)
    )
    try:
        await phones.equip(request.floor, request.agent)
    except AriError as error:
        raise PbxUnavailableError from error
    return None


def _check_desk_phone(request: Request) -> None:
    """Raises NoPhoneError or PhoneTakenError."""
    extension = request.floor.directory.agents[request.agent_id].extension
    if not extension:
        raise NoPhoneError
    if agent_at(request.floor, extension) not in {None, request.agent_id}:
        raise PhoneTakenError


def _outside_number(request: Request, text: str) -> str:
    """The number the agent works at. Raises NotRemoteError or NumberNotAllowedError."""
    if not request.floor.directory.agents[request.agent_id].remote:
        raise NotRemoteError
    number = classify(text, request.floor.directory.numbering)
    if number.kind not in OUTSIDE_CLASSES:
        raise NumberNotAllowedError
    return number.number


verb = Verb(
    "sign_in",
    "签入",
    "Sign in",
    "Begin to work, with the browser, the desk phone or a number outside.",
    Arguments,
    run,
    text_zh="签入，开始工作，使用浏览器软电话、桌面话机或外线电话。",
)
