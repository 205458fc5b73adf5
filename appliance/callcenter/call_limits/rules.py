"""May this outside call be made? Pure: time and what happened before are arguments."""

from collections.abc import Iterable
from dataclasses import dataclass

from appliance.callcenter.call_limits.model import (
    NOTHING,
    USUAL,
    Attempt,
    CallClass,
    Limit,
    Policy,
    Reason,
    Rules,
    Scope,
)
from appliance.clock import Millis
from appliance.pbx.numbers import Dialled, NumberClass

HOUR_MS = 3_600_000
MINUTE_MS = 60_000

FREE = frozenset({NumberClass.INTERNAL, NumberClass.EMERGENCY})
"""Never limited."""

PLAIN = {
    NumberClass.LOCAL: CallClass.LOCAL,
    NumberClass.SERVICE: CallClass.SERVICE,
    NumberClass.MOBILE: CallClass.MOBILE,
    NumberClass.INTERNATIONAL: CallClass.INTERNATIONAL,
}


def class_of(target: Dialled, policy: Policy) -> CallClass:
    """What an outside number counts as."""
    number = target.number.replace("+86", "0", 1) if target.number.startswith("+86") else target.number
    number = number.replace("+", "00", 1)
    if any(number.startswith(beginning) for beginning in policy.premium.split()):
        return CallClass.PREMIUM
    if target.kind in PLAIN:
        return PLAIN[target.kind]
    if number.startswith(("400", "800")):
        return CallClass.SERVICE
    own = policy.area_code
    return CallClass.LOCAL if own and number.startswith(own) else CallClass.LONG_DISTANCE


def at_night(clock_time: str, policy: Policy) -> bool:
    """Whether `HH:MM` lies in the night, which may go over midnight."""
    begin, end = policy.night_from, policy.night_to
    if not begin or not end or begin == end:
        return False
    if begin < end:
        return begin <= clock_time < end
    return clock_time >= begin or clock_time < end


def limit_for(rules: Rules, role: str, extension: str, *, own_right: bool) -> Limit:
    """The extension's own limit, else its role's. `own_right`: the extension may call outside at all."""
    own = rules.limits.get((Scope.EXTENSION, extension)) if extension else None
    if own is not None:
        return own
    if not own_right:
        return NOTHING
    return rules.limits.get((Scope.ROLE, role), USUAL)


@dataclass(frozen=True, slots=True)
class Now:
    """`clock_time` is `HH:MM` where the hospital is, `midnight` the last one there."""

    at: Millis
    midnight: Millis
    clock_time: str


def exhausted(limit: Limit, attempts: Iterable[Attempt], now: Now) -> bool:
    """Whether one more call is one too many; `attempts` are those since midnight or the last hour, and live ones.

    What never left the house (no trunk) does not count.
    """
    known = [one for one in attempts if one.trunk or one.talk_ms is None]
    today = [one for one in known if one.at >= now.midnight]
    hour = sum(one.at > now.at - HOUR_MS for one in known)
    live = sum(one.talk_ms is None for one in known)
    talked = sum(one.talk_ms if one.talk_ms is not None else now.at - one.at for one in today if one.answered)
    return (
        0 < limit.at_once <= live
        or 0 < limit.calls_per_hour <= hour
        or 0 < limit.calls_per_day <= len(today)
        or 0 < limit.minutes_per_day * MINUTE_MS <= talked
    )


def refusal(
    rules: Rules, limit: Limit, caller: str, target: Dialled, attempts: Iterable[Attempt], now: Now
) -> Reason | None:
    """Why `caller` may not call `target`, or None when the call may be made."""
    if target.kind in FREE:
        return None
    if caller in rules.blocked:
        return Reason.BLOCKED
    if class_of(target, rules.policy) not in limit.classes:
        return Reason.NOT_ALLOWED
    if at_night(now.clock_time, rules.policy) and not limit.night:
        return Reason.NIGHT
    return Reason.LIMIT if exhausted(limit, attempts, now) else None


@dataclass(frozen=True, slots=True)
class Alarm:
    """Too much of `what` (calls, short or failed ones) in the window."""

    what: str
    count: int

    def text(self, caller: str, policy: Policy) -> tuple[str, str]:
        """In Chinese and in English."""
        zh = {"calls": "外呼", "short": "很短的外呼", "failed": "失败的外呼"}[self.what]
        en = {"calls": "outside calls", "short": "very short outside calls", "failed": "failed outside calls"}[
            self.what
        ]
        stopped_zh = "；该话机外线已暂停，请核实后解除" if policy.block else ""
        stopped_en = "; its outside calls are stopped until released" if policy.block else ""
        return (
            f"{caller} 在 {policy.window_minutes} 分钟内有 {self.count} 次{zh}，疑似盗打{stopped_zh}",
            f"{caller} made {self.count} {en} within {policy.window_minutes} minutes{stopped_en}",
        )


def velocity(policy: Policy, attempts: Iterable[Attempt], released: Millis, now: Millis) -> Alarm | None:
    """Whether one telephone calls outside faster than people do. Nothing before `released` counts."""
    since = max(now - policy.window_minutes * MINUTE_MS, released)
    recent = [one for one in attempts if one.at > since]
    brief = policy.short_seconds * 1000
    counted = (
        ("calls", policy.window_calls, len(recent)),
        ("short", policy.window_short, sum(one.answered and (one.talk_ms or brief) < brief for one in recent)),
        ("failed", policy.window_failed, sum(not one.answered and one.talk_ms is not None for one in recent)),
    )
    return next((Alarm(what, count) for what, most, count in counted if 0 < most <= count), None)
