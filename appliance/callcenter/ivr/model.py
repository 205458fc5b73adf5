"""Flows as data: a graph of typed nodes. Stored as JSON, drawn for people, walked by `rules.step`."""

import re

import msgspec

from appliance.clock import Millis

NO_INPUT = "timeout"
INVALID = "invalid"

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")


class Play(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="play"):
    """Say something, then go on. `prompts` are prompt names."""

    label: str
    prompts: list[str]
    next: str


class Menu(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="menu"):
    """Say the choices and wait for one key. `*` repeats, the flow's `operator` key reaches a person."""

    label: str
    prompts: list[str]
    choices: dict[str, str]
    timeout_seconds: int = 6
    tries: int = 3
    invalid_prompt: str = "system:key-invalid"
    timeout_prompt: str = "system:key-timeout"
    fallback: str = ""
    """Where to go after `tries` wrong or missing keys; empty = the flow's operator, else hang up."""


class Collect(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="collect"):
    """Ask for digits, ended by `#` or the longest length, into a variable."""

    label: str
    prompts: list[str]
    variable: str
    next: str
    min_digits: int = 1
    max_digits: int = 20
    timeout_seconds: int = 8
    tries: int = 3
    invalid_prompt: str = "system:key-invalid"
    fallback: str = ""


class Hours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Weekdays (1 = Monday … 7) and times of day `HH:MM` in the hospital's time zone, end exclusive."""

    days: list[int]
    start: str
    end: str


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="condition"):
    """Two ways on by the time of day and week, or by whether the caller is a VIP (`vip` true)."""

    label: str
    yes: str
    no: str
    hours: list[Hours] = []
    vip: bool = False


class Queue(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="queue"):
    """Wait for an agent. `queue` is the queue's internal number."""

    label: str
    queue: str
    priority: int = 0
    skills: dict[str, int] = {}
    """Skill name → level that agents must have for this caller, beside what the queue asks for."""


class HangUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="hangup"):
    label: str
    prompts: list[str] = []


type Node = Play | Menu | Collect | Condition | Queue | HangUp


class Flow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`operator` is the node that key 0 leads to from every menu and announcement."""

    name: str
    start: str
    nodes: dict[str, Node]
    operator: str = ""


class FlowError(Exception):
    """The graph cannot be walked; the message names the node and what is wrong with it."""


class FlowRun(msgspec.Struct, frozen=True):
    """Where one call stands in its flow. `path` is a list of (node, label, key pressed to leave it)."""

    node: str
    tries: int = 0
    digits: str = ""
    playing: bool = False
    deadline: Millis | None = None
    variables: dict[str, str] = {}
    path: tuple[tuple[str, str, str], ...] = ()
    finished: bool = False


def targets(node: Node) -> list[tuple[str, str]]:
    """(edge label, node id) for every way out of `node`."""
    match node:
        case Play():
            return [("", node.next)]
        case Menu():
            ways = list(node.choices.items())
            return [*ways, (NO_INPUT, node.fallback)] if node.fallback else ways
        case Collect():
            ways = [("", node.next)]
            return [*ways, (INVALID, node.fallback)] if node.fallback else ways
        case Condition():
            return [("yes", node.yes), ("no", node.no)]
        case _:
            return []


def prompts_of(node: Node) -> list[str]:
    match node:
        case Play() | HangUp():
            return list(node.prompts)
        case Menu():
            return [*node.prompts, node.invalid_prompt, node.timeout_prompt]
        case Collect():
            return [*node.prompts, node.invalid_prompt]
        case _:
            return []


def parse(text: str | bytes) -> Flow:
    """Read and check a stored graph. Raises FlowError."""
    try:
        flow = msgspec.json.decode(text, type=Flow)
    except msgspec.DecodeError as error:
        raise FlowError(str(error)) from error
    check(flow)
    return flow


def check(flow: Flow) -> None:
    """Every way must lead to a node, every menu key be a key. Raises FlowError."""
    if flow.start not in flow.nodes:
        raise FlowError(f"start: no node {flow.start!r}")
    if flow.operator and flow.operator not in flow.nodes:
        raise FlowError(f"operator: no node {flow.operator!r}")
    for name, node in flow.nodes.items():
        if isinstance(node, Queue) and any(not 1 <= level <= 10 for level in node.skills.values()):
            raise FlowError(f"{name}: skill levels are 1 to 10")
        for edge, target in targets(node):
            if target not in flow.nodes:
                raise FlowError(f"{name}: way {edge!r} leads to no node ({target!r})")
        _check_node(name, node)
    _check_operator_key(flow)
    _check_circles(flow)


def _check_operator_key(flow: Flow) -> None:
    """0 means a person in every menu; a menu may not give the key another meaning."""
    for name, node in flow.nodes.items():
        if isinstance(node, Menu) and flow.operator and node.choices.get("0", flow.operator) != flow.operator:
            raise FlowError(f"{name}: key 0 is the operator's")


def _silent_ways(flow: Flow, node: Node) -> list[str]:
    """Where a caller who presses nothing gets to from `node`."""
    match node:
        case Play():
            return [node.next]
        case Condition():
            return [node.yes, node.no]
        case Menu() | Collect():
            way = node.fallback or flow.operator
            return [way] if way else []
        case _:
            return []


def _check_circles(flow: Flow) -> None:
    """A caller who presses nothing must reach an end: whatever leads only to ends is taken away until all are."""
    open_ways = {name: set(_silent_ways(flow, node)) for name, node in flow.nodes.items()}
    while True:
        ends = {name for name, ways in open_ways.items() if not ways}
        if not ends:
            break
        open_ways = {name: ways - ends for name, ways in open_ways.items() if ways}
    if open_ways:
        raise FlowError(f"{min(open_ways)}: a caller who presses nothing would go round for ever")


def _check_node(name: str, node: Node) -> None:
    if isinstance(node, (Play, Menu, Collect)) and not node.prompts:
        raise FlowError(f"{name}: nothing to say")
    if isinstance(node, (Menu, Collect)) and not (1 <= node.timeout_seconds <= 60 and 1 <= node.tries <= 10):
        raise FlowError(f"{name}: timeout 1 to 60 s, tries 1 to 10")
    if isinstance(node, Menu):
        wrong = [key for key in node.choices if len(key) != 1 or key not in "0123456789#"]
        if wrong:
            raise FlowError(f"{name}: not a key: {wrong[0]!r}")
    if isinstance(node, Collect) and not 1 <= node.min_digits <= node.max_digits <= 32:
        raise FlowError(f"{name}: 1 <= min_digits <= max_digits <= 32")
    if isinstance(node, Condition):
        for hours in node.hours:
            _check_hours(name, hours)


def _check_hours(name: str, hours: Hours) -> None:
    for time in (hours.start, hours.end):
        if not _TIME.fullmatch(time):
            raise FlowError(f"{name}: not a time: {time!r}")
    if hours.start >= hours.end:
        raise FlowError(f"{name}: {hours.start} is not before {hours.end}; a night is two entries, split at 24:00")
    if not hours.days or any(day not in range(1, 8) for day in hours.days):
        raise FlowError(f"{name}: days are 1 (Monday) to 7")
