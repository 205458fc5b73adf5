"""Answering by click, on phones that can."""

from appliance.callcenter.acd.model import AgentState
from appliance.callcenter.verbs.verb import Document, NoArguments, Request, Verb
from appliance.errors import WrongStateError


class AnswerOnPhoneError(WrongStateError):
    code, zh, en = "answer-on-phone", "请在话机上接听", "Please answer on the phone"


async def run(request: Request, _arguments: NoArguments) -> Document | None:
    request.call()
    if request.agent.state in {AgentState.RESERVED, AgentState.RINGING}:
        raise AnswerOnPhoneError
    return None


verb = Verb(
    "answer",
    "接听",
    "Answer",
    "The browser phone answers by itself; a desk phone by hand.",
    NoArguments,
    run,
    text_zh="接听振铃中的来电：浏览器软电话自动应答，桌面话机请摘机。",
)
