"""Shift managers' interventions on a call's page: their words, and how much of them an agent sees."""

from dataclasses import replace

from appliance.callcenter.calls.interventions import Intervention
from appliance.callcenter.forms import phrase

WHAT = {
    "listen": phrase("Listened"),
    "whisper": phrase("Whispered to the agent"),
    "barge": phrase("Barged in"),
    "take_over": phrase("Took over"),
    "end-call": phrase("Ended the call"),
}
ENDED = {
    "changed": phrase("switched mode"),
    "hung_up": phrase("hung up"),
    "ended": phrase("the talk was over"),
    "left": phrase("left"),
    "taken_over": phrase("took over"),
    "no_answer": phrase("telephone not picked up"),
    "phone": phrase("telephone not reachable"),
    "failed": phrase("failed"),
}


def shown_to(found: tuple[Intervention, ...], *, everything: bool, listening: bool) -> tuple[Intervention, ...]:
    """Agents do not see the reasons, and whether somebody listened only where the setting shows it to them."""
    if everything:
        return found
    return tuple(replace(one, reason="") for one in found if listening or one.what != "listen")
