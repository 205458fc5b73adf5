"""What an agent's desktop shows, for the manager's eyes."""

from typing import Annotated, Literal

import msgspec

from appliance.callcenter.control.supervising import office
from appliance.callcenter.verbs.verb import Document, Offer, Request, Verb, told
from appliance.errors import InvalidError

type Form = Literal["", "wrap_up", "order", "patient", "transfer", "dial"]


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    page: Annotated[str, told("页面", "the page")]
    form: Annotated[Form, told("正在填写", "the form in use")] = ""
    patient_id: Annotated[int | None, told("患者编号", "the patient shown")] = None
    patient: Annotated[str, told("患者姓名", "the patient's name")] = ""


async def run(request: Request, arguments: Arguments) -> Document | None:
    agent = request.signed_in()
    if len(arguments.page) > 32 or len(arguments.patient) > 64:
        raise InvalidError
    office.look_at(request.floor, agent.id, msgspec.to_builtins(arguments))
    return None


verb = Verb(
    "looking_at",
    "当前画面",
    "Present screen",
    "Tell managers what the desktop shows.",
    Arguments,
    run,
    text_zh="告知班长坐席当前查看的页面、患者和表单。",
    offer=Offer.OWN_PAGES,
)
