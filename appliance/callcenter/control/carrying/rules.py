"""Which talks are carried over, and what becomes of one when both telephones have said yes or no. Pure."""

from enum import StrEnum

from appliance.callcenter.calls.model import Call, Phase
from appliance.callcenter.control.carrying import dialogs
from appliance.clock import Millis

LIMIT_MS = 60_000
"""Nobody holds the line in silence for longer; later the call to a telephone would only startle."""

ANSWER_SECONDS = 4
"""A telephone that can replace a call does so at once, without ringing."""


class Reply(StrEnum):
    """What became of a new leg."""

    PENDING = "pending"
    UP = "up"
    LOST = "lost"


class Verdict(StrEnum):
    WAIT = "wait"
    TALK = "talk"
    KEEP_CUSTOMER = "keep_customer"
    """The customer is there, who talked with her is not: she is put through anew."""
    CUT = "cut"


def may_be_carried(call: Call, silent_ms: Millis) -> bool:
    """Whether it was a talk of two whose customer can be asked to go on; nothing is known for `silent_ms`."""
    customer, partner = call.customer, call.partner
    plain = call.room is None and call.consult is None and not call.members
    talking = call.phase in {Phase.TALKING, Phase.HOLDING} and call.answered_at is not None
    if not plain or not talking or customer is None or partner is None:
        return False
    return customer.up and partner.up and silent_ms <= LIMIT_MS and dialogs.read(customer.dialog) is not None


def left_behind(call: Call) -> list[str]:
    """Channels of the call of which nothing can go on with another Asterisk."""
    carried = may_be_carried(call, 0)
    return [leg.channel for leg in call.legs() if not (carried and dialogs.read(leg.dialog))]


def verdict(customer: Reply, partner: Reply) -> Verdict:
    """What to do now. Without the customer there is nothing to go on with."""
    match customer, partner:
        case Reply.LOST, _:
            return Verdict.CUT
        case Reply.UP, Reply.UP:
            return Verdict.TALK
        case Reply.UP, Reply.LOST:
            return Verdict.KEEP_CUSTOMER
        case _:
            return Verdict.WAIT
