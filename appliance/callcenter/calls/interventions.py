"""What shift managers did to a call while it lived, told from its lines in the audit log (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from appliance.clock import Millis

BEGINS = "supervise-"
END = "supervise-end"
END_CALL = "end-call"
ACTIONS = (END_CALL, END, *(f"{BEGINS}{mode}" for mode in ("listen", "whisper", "barge", "take_over")))
NOT_MEASURED = frozenset({"take_over", END_CALL})
"""A take-over lasts as long as the manager's talk, which is a stretch of the call itself."""
NEVER_BEGAN = frozenset({"no_answer", "phone"})
"""The manager's telephone was not picked up, or could not be rung."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the audit log about the call. `name` is what the user is called now."""

    at: Millis
    login: str
    name: str
    action: str
    detail: str


@dataclass(frozen=True, slots=True)
class Intervention:
    """`what` is listen, whisper, barge, take_over or end-call; `milliseconds` is None where it is not known."""

    at: Millis
    who: str
    what: str
    agent: str = ""
    phone: str = ""
    reason: str = ""
    milliseconds: Millis | None = None
    ended: str = ""
    """Why the manager left: an end of `supervision`; `changed` when she went over to another way."""


@dataclass
class _Stay:
    """What one manager does in the call from the ringing of her telephone to the end: places in the list."""

    places: list[int] = field(default_factory=list)


def interventions(lines: Iterable[Line]) -> tuple[Intervention, ...]:
    """In order of time. `lines` are all those of one call, the oldest first."""
    found: list[Intervention] = []
    stays: dict[str, _Stay] = {}
    for line in lines:
        if line.action == END:
            stay = stays.pop(line.login, None)
            if stay is not None:
                _end(found, stay, line)
        elif line.action == END_CALL:
            found.append(Intervention(line.at, line.name or line.login, END_CALL, reason=line.detail))
        elif line.action in ACTIONS:
            stay = stays.setdefault(line.login, _Stay())
            if stay.places:
                found[stay.places[-1]] = _until(found[stay.places[-1]], line.at, "changed")
            stay.places.append(len(found))
            found.append(_begun(line))
    return tuple(found)


def _begun(line: Line) -> Intervention:
    agent, _, rest = line.detail.partition("; ")
    phone, _, reason = rest.partition("; ")
    return Intervention(line.at, line.name or line.login, line.action.removeprefix(BEGINS), agent, phone, reason)


def _until(known: Intervention, at: Millis, ended: str) -> Intervention:
    lasted = None if known.what in NOT_MEASURED or ended in NEVER_BEGAN else max(0, at - known.at)
    return replace(known, milliseconds=lasted, ended=ended)


def _end(found: list[Intervention], stay: _Stay, line: Line) -> None:
    """The stay is over. It began when the telephone was picked up: the last line says how long before."""
    seconds, _, ended = line.detail.partition(" s; ")
    last = stay.places[-1]
    found[last] = _until(found[last], line.at, ended)
    picked_up = line.at - int(seconds) * 1000 if seconds.isdigit() else line.at
    for place in stay.places:
        one = found[place]
        if one.milliseconds is not None:
            rang = min(max(0, picked_up - one.at), one.milliseconds)
            found[place] = replace(one, milliseconds=one.milliseconds - rang)
