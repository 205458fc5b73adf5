"""Making a leg ring: the one place where the PBX is asked to call somebody for a call that exists."""

from collections.abc import Callable

from appliance.callcenter.calls.model import Call, Leg
from appliance.callcenter.control.endpoints import Line
from appliance.callcenter.control.floor import Floor

type Refused = Callable[[Exception], None]


def leg_variables(call: Call) -> dict[str, str]:
    return {"PJSIP_HEADER(add,X-HCC-Call)": call.id}


def customer_id(call: Call) -> str:
    """What a ringing telephone shows: the customer, with the patient's name where it is known."""
    name = next((patient.name for patient in call.patients if patient.id == call.patient_id), "")
    return shown_as(name, call.remote)


def agent_id(floor: Floor, agent: int) -> str:
    """What a ringing telephone shows when a colleague asks."""
    entry = floor.directory.agents[agent]
    return shown_as(entry.name, floor.agent(agent).extension or entry.extension or entry.number)


def shown_as(name: str, number: str) -> str:
    name = name.replace('"', "").replace("<", "").replace(">", "")
    return f'"{name}" <{number}>' if name else f"<{number}>"


def ring(
    floor: Floor,
    call: Call,
    leg: Leg,
    line: Line,
    seconds: int,
    caller_id: str,
    refused: Refused,
    rang: Callable[[], None] | None = None,
) -> None:
    """Ring `leg` at `line`; when answered it enters the application. `rang` hears that it does."""
    leg.by_key, leg.trunk = line.by_key, line.trunk
    variables = {} if line.trunk else leg_variables(call)

    async def originate() -> None:
        await floor.ari.originate(
            leg.channel, line.endpoint, f"leg,{call.id}", line.caller_id(caller_id), line.seconds(seconds), variables
        )
        if rang is not None:
            rang()

    floor.do(call, originate, refused)
