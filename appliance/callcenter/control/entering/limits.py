"""Outside calls: who may make them, what was made, and the alarm. Every way out of the house asks `refusal`."""

import logging
from datetime import datetime
from typing import NoReturn

from sqlalchemy import Connection, update
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.call_limits import rules, store
from appliance.callcenter.call_limits.history import KEPT_MS
from appliance.callcenter.call_limits.model import NOBODYS_PHONE, USUAL, Attempt, Limit, Policy, Reason, Scope
from appliance.callcenter.calls.model import Call, Direction
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.live.journal import Write
from appliance.callcenter.people.tables import AuditRow
from appliance.callcenter.settings.tables import RevisionRow
from appliance.clock import Millis
from appliance.conditions import raise_condition
from appliance.errors import UserError
from appliance.pbx.numbers import Dialled

log = logging.getLogger(__name__)

PENDING_MS = 10_000
"""How long an alarm just raised counts although the stored conditions do not show it yet."""


class OutsideNotAllowedError(UserError):
    code, status, zh, en = "outside-not-allowed", 403, "您没有拨打此类号码的权限", "You may not call such numbers"


class OutsideNightError(UserError):
    code, status, zh, en = "outside-night", 403, "夜间不能拨打外线", "Outside calls are not possible at this hour"


class OutsideLimitError(UserError):
    code, status, zh, en = "outside-limit", 429, "外线通话已达到上限", "The limit of outside calls has been reached"


class OutsideBlockedError(UserError):
    code, status = "outside-blocked", 403
    zh, en = "外线已暂停，请联系班长解除", "Your outside calls are stopped; ask your manager to release them"


ERRORS: dict[Reason, type[UserError]] = {
    Reason.NOT_ALLOWED: OutsideNotAllowedError,
    Reason.NIGHT: OutsideNightError,
    Reason.LIMIT: OutsideLimitError,
    Reason.BLOCKED: OutsideBlockedError,
}


async def load(session: AsyncSession, floor: Floor) -> None:
    """After a start: the outside calls of the last day."""
    for attempt in await store.attempts(session, clock.now_ms() - KEPT_MS):
        floor.outside.history.add(attempt)


# -- asking ------------------------------------------------------------------------------------------


def ask_agent(floor: Floor, agent: int, target: Dialled, login: str) -> None:
    """Let the agent call `target` by a click or a transfer. Raises one of ERRORS."""
    reason = agent_refusal(floor, agent, target)
    if reason is not None:
        refuse(floor, agent, target, reason, login)


def refuse(floor: Floor, agent: int, target: Dialled, reason: Reason, login: str) -> NoReturn:
    """Tell an agent who wants to call why she may not. Raises one of ERRORS."""
    caller = caller_of(floor, agent)
    floor.outside.history.add(Attempt(clock.now_ms(), caller, "", answered=False, talk_ms=0))
    note_refused(floor, caller, target, reason, login)
    raise ERRORS[reason]


def ask_role(floor: Floor, role: str, caller: str, target: Dialled, login: str) -> None:
    """The same for somebody who is no agent; what is called counts for `caller`."""
    limit = rules.limit_for(floor.directory.outside, role, "", own_right=True)
    reason = _refusal(floor, limit, caller, target)
    if reason is not None:
        note_refused(floor, caller, target, reason, login)
        raise ERRORS[reason]


def caller_of(floor: Floor, agent: int) -> str:
    """Under which number an agent's outside calls are counted."""
    own = floor.directory.agents[agent]
    return own.extension or own.number


def agent_refusal(floor: Floor, agent: int, target: Dialled) -> Reason | None:
    own = floor.directory.agents[agent]
    limit = rules.limit_for(floor.directory.outside, own.role, own.extension, own_right=True)
    return _refusal(floor, limit, caller_of(floor, agent), target)


def agent_may(floor: Floor, agent: int, target: Dialled) -> bool:
    """Whether the agent may call such numbers at all, at whatever hour."""
    own, known = floor.directory.agents.get(agent), floor.directory.outside
    if own is None:
        return False
    limit = rules.limit_for(known, own.role, own.extension, own_right=True)
    return target.kind in rules.FREE or rules.class_of(target, known.policy) in limit.classes


def house_refusal(floor: Floor, target: Dialled) -> Reason | None:
    """Whether `target` may be called while nobody of ours is on the line (callbacks that ring the patient first)."""
    reason = rules.refusal(floor.directory.outside, USUAL, "", target, (), _now(floor))
    return reason or _full(floor)


def phone_refusal(floor: Floor, extension: str, agent: int | None, target: Dialled) -> Reason | None:
    """Whether somebody may call `target` by dialling on the desk phone; `agent` is whose telephone it is now."""
    row = floor.directory.extensions.get(extension)
    entry = floor.directory.agents.get(agent or 0)
    role = entry.role if entry is not None else NOBODYS_PHONE
    right = row is not None and row.outside_calls
    limit = rules.limit_for(floor.directory.outside, role, extension, own_right=right)
    return _refusal(floor, limit, extension, target)


def _refusal(floor: Floor, limit: Limit, caller: str, target: Dialled) -> Reason | None:
    if target.kind in rules.FREE:
        return None
    now = _now(floor)
    _watch(floor, caller, now.at)
    if now.at - floor.outside.raised.get(caller, 0) < PENDING_MS and floor.directory.outside.policy.block:
        return Reason.BLOCKED
    attempts = _attempts(floor, caller, now)
    reason = rules.refusal(floor.directory.outside, limit, caller, target, attempts, now)
    return reason or _full(floor)


def _full(floor: Floor) -> Reason | None:
    """Whether the caps of all trunks are used up."""
    trunks = floor.directory.trunks
    return Reason.LIMIT if trunks and not any(trunk_has_room(floor, name) for name in trunks) else None


def trunk_has_room(floor: Floor, name: str) -> bool:
    """Whether the trunk's caps leave room for one more call."""
    limit = floor.directory.outside.limits.get((Scope.TRUNK, name), USUAL)
    if limit is USUAL:
        return True
    now = _now(floor)
    before = floor.outside.history.of_trunk(name, min(now.midnight, now.at - rules.HOUR_MS))
    live = [
        _attempt(call) for call in floor.calls.values() if call.trunk == name and call.direction is Direction.OUTBOUND
    ]
    return not rules.exhausted(limit, [*before, *live], now)


def _now(floor: Floor) -> rules.Now:
    local = datetime.now(floor.directory.zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return rules.Now(clock.now_ms(), clock.from_datetime(midnight), local.strftime("%H:%M"))


def _attempts(floor: Floor, caller: str, now: rules.Now) -> list[Attempt]:
    """What is over, and what lasts."""
    before = floor.outside.history.of_caller(caller, min(now.midnight, now.at - rules.HOUR_MS))
    live = (call for call in floor.calls.values() if call.direction is Direction.OUTBOUND and call.caller == caller)
    return [*before, *(_attempt(call) for call in live if call.dial_to)]


def _attempt(call: Call) -> Attempt:
    return Attempt(call.started_at, call.caller, call.trunk, call.answered_at is not None, None)


# -- what happened -----------------------------------------------------------------------------------


def ended(floor: Floor, call: Call) -> None:
    """A call is over; outside calls are counted, and too many of them raise the alarm."""
    if call.direction is not Direction.OUTBOUND:
        return
    talked = call.total_ms("talk", "hold")
    # A callback bears its queue's number until an agent has taken it: then it counts for the trunk alone.
    caller = call.caller if call.caller not in floor.directory.queues_by_number else ""
    floor.outside.history.add(Attempt(call.started_at, caller, call.trunk, call.answered_at is not None, talked))
    if caller:
        _watch(floor, caller, clock.now_ms())


def sent_outside(floor: Floor, agent: int, trunk: str) -> None:
    """An agent has sent a caller on to an outside number; how long they talk is not counted."""
    caller = caller_of(floor, agent)
    floor.outside.history.add(Attempt(clock.now_ms(), caller, trunk, answered=True, talk_ms=0))
    _watch(floor, caller, clock.now_ms())


def note_refused(floor: Floor, caller: str, target: Dialled, reason: Reason, login: str = "") -> None:
    """Into the log and the audit log."""
    log.info("outside call of %s refused: %s", caller, reason.value)
    floor.journal.add(
        AuditRow,
        {
            "at": clock.now_ms(),
            "user_id": None,
            "login": login,
            "address": "",
            "action": "refuse",
            "subject_kind": "outside-call",
            "subject_id": caller,
            "detail": f"{target.number} ({target.kind.value}): {reason.value}",
        },
    )


def _watch(floor: Floor, caller: str, now: Millis) -> None:
    known = floor.directory.outside
    if caller in known.blocked or now - floor.outside.raised.get(caller, 0) < PENDING_MS:
        return
    since = now - known.policy.window_minutes * rules.MINUTE_MS
    recent = [one for one in _attempts(floor, caller, rules.Now(now, since, "")) if one.at >= since]
    alarm = rules.velocity(known.policy, recent, known.released.get(caller, 0), now)
    if alarm is None:
        return
    log.warning(
        "outside calls of %s: %s %s within %s min", caller, alarm.count, alarm.what, known.policy.window_minutes
    )
    floor.outside.raised[caller] = now
    floor.journal.store(_raise(caller, alarm, known.policy, now))


def _raise(caller: str, alarm: rules.Alarm, policy: Policy, now: Millis) -> Write:
    zh, en = alarm.text(caller, policy)

    def write(connection: Connection) -> None:
        if raise_condition(connection, store.VELOCITY, caller, zh, en, now):
            connection.execute(update(RevisionRow).values(revision=RevisionRow.revision + 1))

    return write
