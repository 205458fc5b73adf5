"""Work orders as rules, services and pages see them."""

from dataclasses import dataclass
from enum import StrEnum

from appliance.clock import Millis


class Status(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    ANSWERED = "answered"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


UNFINISHED = (Status.OPEN, Status.ACCEPTED, Status.ANSWERED)
WAITING_FOR_DEPARTMENT = (Status.OPEN, Status.ACCEPTED)
"""Only these can be overdue."""


class Urgency(StrEnum):
    NORMAL = "normal"
    URGENT = "urgent"
    CRITICAL = "critical"


class Action(StrEnum):
    CREATE = "create"
    ACCEPT = "accept"
    ANSWER = "answer"
    PASS_ON = "pass_on"  # noqa: S105 - the name of a step
    CLOSE = "close"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"
    REMIND = "remind"
    NOTE = "note"


@dataclass(frozen=True)
class Standing:
    """What somebody is to an order."""

    department: bool = False
    """One of the people of the department where it lies."""
    creator: bool = False
    manager: bool = False


@dataclass(frozen=True)
class Party:
    """Somebody who looks at orders or does something with them."""

    user_id: int
    manager: bool = False
    centre: bool = True
    """Works in the call centre and sees every order; others see those of their departments."""


@dataclass(frozen=True)
class OrderDraft:
    business_type: str
    urgency: str
    department_id: int
    text: str
    telephone: str = ""
    due: str = ""
    """Local time `2026-11-22T15:00`; empty = as the department usually has."""
    patient_id: int | None = None
    interaction_id: str = ""


@dataclass(frozen=True)
class OrderQuery:
    """`status` is a value of Status, `unfinished` or empty; `whose` is `created`, `departments` or empty."""

    text: str = ""
    department_id: int | None = None
    status: str = ""
    whose: str = ""
    overdue: bool = False
    patient_id: int | None = None


@dataclass(frozen=True)
class Order:
    id: int
    business_type: str
    urgency: str
    status: Status
    department_id: int
    department: str
    text: str
    telephone: str
    patient_id: int | None
    patient: str
    interaction_id: str
    created_at: Millis
    created_by: int | None
    creator: str
    handler: str
    due_at: Millis
    changed_at: Millis
    closed_at: Millis | None
    version: int

    def overdue(self, now: Millis) -> bool:
        return self.status in WAITING_FOR_DEPARTMENT and self.due_at < now


@dataclass(frozen=True)
class OrderStep:
    at: Millis
    name: str
    action: str
    text: str
    department: str
    status: str


@dataclass(frozen=True)
class OrderDetail:
    order: Order
    steps: tuple[OrderStep, ...]
    allowed: tuple[Action, ...]


@dataclass(frozen=True)
class OrderNews:
    """A step somebody may want to hear of."""

    id: int
    order_id: int
    action: str
    department: str
    by: int | None
    created_by: int | None
    members: tuple[int, ...]
    """User ids of the department where the order lies now."""
