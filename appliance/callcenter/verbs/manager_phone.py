"""The manager's own phone in the browser, to listen with."""

import secrets
from typing import Annotated

import msgspec

from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.errors import PbxUnavailableError
from appliance.pbx import web_phone
from appliance.pbx.ari import AriError


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    on: Annotated[bool, told("启用", "whether it is wanted")]


class Answer(msgspec.Struct, frozen=True):
    sip: Annotated[Document | None, told("话机账号", "the phone's account")]


async def run(request: Request, arguments: Arguments) -> Document | None:
    floor, user = request.floor, request.actor.user_id
    name = web_phone.manager_endpoint(user)
    if not arguments.on:
        floor.office.phones.pop(user, None)
        await web_phone.remove(floor.ari, name)
        return {"sip": None}
    secret = floor.office.phones.setdefault(user, secrets.token_hex(16))
    try:
        await web_phone.push(floor.ari, name, secret)
    except AriError as error:
        raise PbxUnavailableError from error
    return {"sip": {"user": name, "secret": secret, "domain": "hcc"}}


verb = Verb(
    "manager_phone",
    "班长网页话机",
    "Manager's browser phone",
    "Switch the manager's own browser phone on or off.",
    Arguments,
    run,
    "floor.supervise",
    text_zh="启用或停用班长本人的网页话机。",
    answer=Answer,
)
