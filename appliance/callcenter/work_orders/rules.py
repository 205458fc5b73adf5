"""Who may do what with a work order, and what it is afterwards: a table and a few pure functions."""

from dataclasses import dataclass

from appliance.callcenter.work_orders.model import UNFINISHED, WAITING_FOR_DEPARTMENT, Action, Standing, Status, Urgency
from appliance.clock import Millis
from appliance.errors import ConflictError, ForbiddenError, InvalidError

HOUR_MS = 3_600_000
CRITICAL_HOURS = 2
LONGEST_TEXT = 4000


class NotPossibleError(ConflictError):
    code = "order-status"
    zh, en = "工单的当前状态不能这样处理", "Not possible with the order as it is now"


class TextMissingError(InvalidError):
    code, zh, en = "text-missing", "请填写说明", "Please write something"


class DepartmentMissingError(InvalidError):
    code, zh, en = "department-missing", "请选择另一个科室", "Please choose another department"


@dataclass(frozen=True)
class Move:
    """`to` None leaves the status as it is; the three flags say who may do it."""

    sources: tuple[Status, ...]
    to: Status | None
    department: bool = False
    creator: bool = False
    anybody: bool = False
    needs_text: bool = False


MOVES: dict[Action, Move] = {
    Action.ACCEPT: Move((Status.OPEN,), Status.ACCEPTED, department=True),
    Action.ANSWER: Move(WAITING_FOR_DEPARTMENT, Status.ANSWERED, department=True, needs_text=True),
    Action.PASS_ON: Move(WAITING_FOR_DEPARTMENT, Status.OPEN, department=True, creator=True, needs_text=True),
    Action.CLOSE: Move(UNFINISHED, Status.CLOSED, department=True, creator=True, needs_text=True),
    Action.REOPEN: Move((Status.ANSWERED, Status.CLOSED), Status.OPEN, creator=True, needs_text=True),
    Action.WITHDRAW: Move((Status.OPEN,), Status.WITHDRAWN, creator=True, needs_text=True),
    Action.REMIND: Move(WAITING_FOR_DEPARTMENT, None, creator=True),
    Action.NOTE: Move(tuple(Status), None, anybody=True, needs_text=True),
}
"""Managers may do everything that the status allows."""


def _may(move: Move, standing: Standing) -> bool:
    return (
        move.anybody
        or standing.manager
        or (move.department and standing.department)
        or (move.creator and standing.creator)
    )


def allowed(status: Status, standing: Standing) -> tuple[Action, ...]:
    """What somebody of that standing may do now, in the order of the table."""
    return tuple(action for action, move in MOVES.items() if status in move.sources and _may(move, standing))


def needs_text(status: Status, action: Action) -> bool:
    """An answered order is closed without another word."""
    return MOVES[action].needs_text and not (action is Action.CLOSE and status is Status.ANSWERED)


def after(status: Status, action: Action, standing: Standing, text: str) -> Status:
    """The status after `action`. Raises NotPossibleError, ForbiddenError or InvalidError."""
    move = MOVES.get(action)
    if move is None or status not in move.sources:
        raise NotPossibleError
    if not _may(move, standing):
        raise ForbiddenError
    if needs_text(status, action) and not text:
        raise TextMissingError(field="text")
    return move.to or status


def department_after(action: Action, present: int, wanted: int | None) -> int:
    """Where the order lies afterwards. Raises DepartmentMissingError."""
    if action is not Action.PASS_ON:
        return present
    if wanted is None or wanted == present:
        raise DepartmentMissingError(field="department_id")
    return wanted


def usual_due(now: Millis, due_hours: int, urgency: str) -> Millis:
    """When an order should be answered if nobody said otherwise."""
    if urgency == Urgency.CRITICAL:
        return now + min(due_hours, CRITICAL_HOURS) * HOUR_MS
    if urgency == Urgency.URGENT:
        return now + due_hours * HOUR_MS // 2
    return now + due_hours * HOUR_MS
