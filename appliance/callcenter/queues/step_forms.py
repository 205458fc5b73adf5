"""One step of a queue as a row of a form: when, and what then. A new kind of action is one more entry in each table."""

from collections.abc import Callable, Mapping
from typing import Any

from appliance.callcenter.acd.policy import (
    Action,
    After,
    Announce,
    Closed,
    Length,
    Message,
    OfferCallback,
    OtherQueue,
    Position,
    StartFlow,
    Step,
    Unstaffed,
    When,
    target_of,
)
from appliance.callcenter.forms import Choice, Number, Problem, Text, phrase

WHEN = (
    ("", "—"),
    ("after", phrase("After seconds of waiting")),
    ("position", phrase("On entry: place behind")),
    ("length", phrase("On entry: more waiting than")),
    ("unstaffed", phrase("Nobody is signed in")),
    ("closed", phrase("After closing time")),
)
ACTIONS = (
    ("message", phrase("say and hang up")),
    ("announce", phrase("say and go on waiting")),
    ("queue", phrase("send to queue")),
    ("flow", phrase("send to flow")),
    ("callback", phrase("offer a callback")),
)
TARGETS = {"message": "prompt", "announce": "prompt", "queue": "queue", "flow": "flow", "callback": ""}
"""What each action needs chosen; for an empty one the page hides the choice, and it does not count."""

DAYS = (
    ("1234567", phrase("every day")),
    ("12345", phrase("Monday to Friday")),
    ("123456", phrase("Monday to Saturday")),
    ("67", phrase("Saturday and Sunday")),
    ("6", phrase("Saturday")),
    ("7", phrase("Sunday")),
)
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
_NOT_A_TIME = phrase("Times are written 08:00")


class Target(Choice):
    """`prompt:3`, `queue:2`, `flow:1` or nothing; the page brings the choices."""

    kind = "reference"

    def read(self, given: Any) -> str:
        value = str(given[-1]).strip() if given else ""
        kind, _, number = value.partition(":")
        if value and not (kind in {"prompt", "queue", "flow"} and number.isdecimal() and len(number) <= 18):
            raise Problem(phrase("Please choose one"))
        return value


COLUMNS = (
    Choice(name="when", label=phrase("When"), options=WHEN),
    Number(name="number", label=phrase("Seconds or callers"), low=0, high=86_400, default=0),
    Text(
        name="start", label=phrase("Closed from"), longest=5, required=False, pattern=_TIME, pattern_message=_NOT_A_TIME
    ),
    Text(name="end", label=phrase("until"), longest=5, required=False, pattern=_TIME, pattern_message=_NOT_A_TIME),
    Choice(name="days", label=phrase("Weekdays"), options=DAYS),
    Choice(name="action", label=phrase("Then"), options=ACTIONS),
    Target(name="target", label=phrase("Prompt, queue or flow"), options=(), required=False),
)


def _closed(row: Mapping[str, Any]) -> Closed:
    if not row["start"] or not row["end"]:
        raise Problem(phrase("Closing time needs a beginning and an end"))
    return Closed(row["start"], row["end"], tuple(map(int, row["days"])))


_WHEN: dict[str, Callable[[Mapping[str, Any]], When]] = {
    "after": lambda row: After(row["number"]),
    "position": lambda row: Position(_place(row["number"])),
    "length": lambda row: Length(_place(row["number"])),
    "unstaffed": lambda _row: Unstaffed(),
    "closed": _closed,
}
_ACTION: dict[str, Callable[[int | None], Action | None]] = {
    "message": Message,
    "announce": lambda target: Announce(target) if target is not None else None,
    "queue": lambda target: OtherQueue(target) if target is not None else None,
    "flow": lambda target: StartFlow(target) if target is not None else None,
    "callback": lambda _target: OfferCallback(),
}


def _place(number: int) -> int:
    if number > 1000:
        raise Problem(phrase("Between %(low)s and %(high)s"), {"low": 0, "high": 1000})
    return number


def build(row: Mapping[str, Any]) -> Step:
    """Raises Problem."""
    kind, _, number = row["target"].partition(":")
    action = row["action"]
    if kind and TARGETS[action] and kind != TARGETS[action]:
        raise Problem(phrase("The choice does not fit: choose a prompt, a queue or a flow as the step says"))
    do = _ACTION[action](int(number) if number else None)
    if do is None:
        raise Problem(phrase("Choose the prompt, queue or flow"))
    return Step(_WHEN[row["when"]](row), do)


def parts(step: Step) -> Mapping[str, Any]:
    """What stands in the row of a stored step."""
    target = target_of(step.do)
    shown = {
        "when": _tag(step.when),
        "number": 0,
        "start": "",
        "end": "",
        "days": DAYS[0][0],
        "action": _tag(step.do),
        "target": f"{target[0]}:{target[1]}" if target else "",
    }
    match step.when:
        case After(number) | Position(number) | Length(number):
            shown["number"] = number
        case Closed(start, end, days):
            shown |= {"start": start, "end": end, "days": "".join(map(str, days))}
    return shown


def _tag(part: When | Action) -> str:
    return str(type(part).__struct_config__.tag)
