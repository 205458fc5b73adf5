"""Signing out."""

from typing import Annotated

import msgspec

from appliance.callcenter.acd.events import BecameBusy, SignedOut
from appliance.callcenter.acd.model import CAUSE_SIGN_OUT, OCCUPIED, AgentState
from appliance.callcenter.control.supervising import office
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.errors import WrongStateError


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    after_call: Annotated[
        bool, told("通话和话后小结完成后再签出", "sign out when the present call and its form are done")
    ] = False
    version: Annotated[int | None, told("操作者所见的版本", "version of herself that the agent saw")] = None


async def run(request: Request, arguments: Arguments) -> Document | None:
    agent = request.signed_in()
    office.check_first(request.floor, agent.id, arguments.version)
    if arguments.after_call and (agent.state in OCCUPIED or agent.state is AgentState.WRAP_UP):
        request.floor.distribute(BecameBusy(request.now(), agent.id, CAUSE_SIGN_OUT))
        return None
    if agent.state in OCCUPIED:
        raise WrongStateError
    request.floor.distribute(SignedOut(request.now(), agent.id))
    await request.floor.commands.drain("phones")
    return None


verb = Verb(
    "sign_out",
    "签出",
    "Sign out",
    "End work; during a call only after it.",
    Arguments,
    run,
    text_zh="签出，结束工作；通话中只能预约在通话结束后签出。",
)
