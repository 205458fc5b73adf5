"""Signing out."""

from appliance.callcenter.acd.events import SignedOut
from appliance.callcenter.acd.model import OCCUPIED
from appliance.callcenter.verbs.verb import Document, NoArguments, Request, Verb
from appliance.errors import WrongStateError
from appliance.pbx import web_phone


async def run(request: Request, _arguments: NoArguments) -> Document | None:
    agent = request.signed_in()
    if agent.state in OCCUPIED:
        raise WrongStateError
    request.floor.distribute(SignedOut(request.now(), agent.id))
    request.floor.tabs.pop(agent.id, None)
    if agent.phone == "web":
        await web_phone.remove(request.floor.ari, agent.id)
    return None


verb = Verb(
    "sign_out",
    "签出",
    "Sign out",
    "End work; not possible during a call.",
    NoArguments,
    run,
    text_zh="签出，结束工作；通话中不能签出。",
)
