"""Flows under every storm of keys: a caller is always spoken to, waited for with a limit, queued, or done."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.callcenter.ivr import rules
from appliance.callcenter.ivr.model import (
    Collect,
    Condition,
    Flow,
    FlowError,
    FlowRun,
    HangUp,
    Hours,
    Menu,
    Node,
    Play,
    Queue,
    parse,
    targets,
)

NODE_NAMES = [f"n{number}" for number in range(6)]
KEYS = "0123456789*#ABCD"


def a_node(dice: Random, index: int) -> Node:
    """Keys may lead anywhere; without one the way goes forward only, else `check` refuses the graph."""
    ahead = [*NODE_NAMES[index + 1 :], "operator"]
    prompts = dice.choices(["p1", "p2"], k=dice.randint(1, 2))
    limits = {
        "timeout_seconds": dice.randint(1, 60),
        "tries": dice.randint(1, 3),
        "fallback": dice.choice(["", *ahead]),
    }
    match dice.randrange(8):
        case 0 | 1:
            return Play("play", prompts, dice.choice(ahead))
        case 2 | 3 | 4:
            keys = dice.sample("123456789#", k=dice.randint(0, 3))
            return Menu("menu", prompts, {key: dice.choice(NODE_NAMES) for key in keys}, **limits)
        case 5:
            digits = {"min_digits": dice.randint(1, 3), "max_digits": dice.randint(3, 6)}
            return Collect("collect", prompts, "card", dice.choice(ahead), **digits, **limits)
        case 6:
            open_hours = [Hours(dice.sample(range(1, 8), k=3), "08:00", f"{dice.randint(9, 24)}:00".zfill(5))]
            return Condition("hours", dice.choice(ahead), dice.choice(ahead), open_hours, dice.random() < 0.5)
        case _:
            return dice.choice([Queue("queue", "7000"), HangUp("bye", ["p"]), HangUp("silent bye")])


def a_flow(seed: int) -> Flow:
    """Any graph that `check` accepts, however senseless; it always has an operator that queues."""
    dice = Random(seed)
    graph = {name: a_node(dice, index) for index, name in enumerate(NODE_NAMES)}
    graph["operator"] = Queue("person", "7000")
    flow = Flow("drawn", dice.choice(NODE_NAMES[:3]), graph, operator="operator")
    return parse(msgspec.json.encode(flow))


flows = st.integers(0, 2**32).map(a_flow)
contexts = st.builds(
    rules.Context,
    st.integers(0, 24 * 7).map(lambda hour: datetime(2026, 11, 23, tzinfo=UTC) + timedelta(hours=hour)),
    st.booleans(),
)
moves = st.lists(
    st.sampled_from([*KEYS, "finished", "finished", "finished", "deadline", "deadline", "early"]), min_size=1
)


def event_of(move: str, run: FlowRun, now: int) -> rules.Event:
    if move == "finished":
        return rules.PlayFinished(now)
    if move == "deadline":
        return rules.DeadlinePassed(max(now, run.deadline or now))
    if move == "early":
        return rules.DeadlinePassed(now)
    return rules.Digit(now, move)


def check_position(flow: Flow, run: FlowRun, effects: list[rules.Effect], now: int) -> None:
    """A call stands still nowhere: it is done, hears something, or is waited for until a moment to come."""
    if run.finished:
        assert isinstance(effects[-1], (rules.EnterQueue, rules.End))
        assert run.deadline is None
    else:
        assert run.playing or (run.deadline is not None and run.deadline > now)
    ways_out = [effect for effect in effects if isinstance(effect, (rules.EnterQueue, rules.End))]
    assert len(ways_out) <= 1
    said = [effect for effect in effects if isinstance(effect, rules.Say)]
    assert len(said) <= 1
    assert all(effect.prompts for effect in said)
    assert run.node in flow.nodes
    assert len(run.path) <= rules.MAX_PATH


def check_speech(before: FlowRun, run: FlowRun, effects: list[rules.Effect]) -> None:
    """Nothing new is said over something old; `playing` is true exactly while something is being said."""
    speaking = before.playing
    for effect in effects:
        if isinstance(effect, rules.StopSaying):
            assert speaking, "stopped what was not being said"
            speaking = False
        elif isinstance(effect, rules.Say):
            assert not speaking, "two announcements at once"
            speaking = True
    if not run.finished:
        assert run.playing == speaking


@pytest.mark.req("IVR-1", "IVR-2")
@settings(max_examples=1500, deadline=None)
@given(flows, contexts, moves)
def test_every_storm_of_keys_ends_or_waits_with_a_limit(flow: Flow, context: rules.Context, storm: list[str]) -> None:
    now = 1_000_000
    run, effects = rules.begin(flow, now, context)
    check_position(flow, run, effects, now)
    for move in storm:
        if run.finished:
            assert rules.step(flow, run, event_of(move, run, now), context) == (run, [])
            return
        before, event = run, event_of(move, run, now)
        now = event.at
        run, effects = rules.step(flow, run, event, context)
        if effects or run != before:
            check_position(flow, run, effects, now)
        heard = msgspec.structs.replace(before, playing=False) if move == "finished" else before
        check_speech(heard, run, effects)
        now += 10


@pytest.mark.req("IVR-7")
@settings(max_examples=800, deadline=None)
@given(flows, contexts, moves)
def test_zero_reaches_a_person_from_everywhere(flow: Flow, context: rules.Context, storm: list[str]) -> None:
    now = 1_000_000
    run, _ = rules.begin(flow, now, context)
    for move in storm:
        node = flow.nodes[run.node]
        if run.finished:
            return
        after, effects = rules.step(flow, run, rules.Digit(now, "0"), context)
        if not isinstance(node, (Collect, HangUp)):
            assert after.finished
            assert effects[-1] == rules.EnterQueue("7000", 0)
        run, _ = rules.step(flow, run, event_of(move, run, now), context)
        now = max(now, run.deadline or now) if move == "deadline" else now + 10


@settings(max_examples=500, deadline=None)
@given(flows, contexts)
def test_a_silent_caller_is_not_kept_for_ever(flow: Flow, context: rules.Context) -> None:
    """Without a key pressed, menus run out of tries and every way leads to an end."""
    now = 1_000_000
    run, _ = rules.begin(flow, now, context)
    for _ in range(400):
        if run.finished:
            return
        now = now + 1_000 if run.playing else max(now, run.deadline or now)
        event = rules.PlayFinished(now) if run.playing else rules.DeadlinePassed(now)
        run, _ = rules.step(flow, run, event, context)
    assert run.finished


# -- stories -----------------------------------------------------------------------------------------

DAY = rules.Context(datetime(2026, 11, 23, 10, 0, tzinfo=UTC))  # a Monday
NIGHT = rules.Context(datetime(2026, 11, 23, 20, 0, tzinfo=UTC))

HOSPITAL = Flow(
    "hospital",
    "open?",
    {
        "open?": Condition("open?", "welcome", "closed", [Hours([1, 2, 3, 4, 5], "08:00", "18:00")]),
        "welcome": Play("welcome", ["greeting"], "main"),
        "main": Menu("main", ["choices"], {"1": "booking", "9": "main"}, timeout_seconds=6, tries=3),
        "booking": Queue("booking", "7001"),
        "card": Collect("card", ["ask-card"], "card", "booking", min_digits=4, max_digits=6),
        "closed": HangUp("closed", ["we-are-closed"]),
        "operator": Queue("operator", "7000", priority=1),
    },
    operator="operator",
)


INVALID_PROMPT = Menu("", [], {}).invalid_prompt
NO_INPUT_PROMPT = Menu("", [], {}).timeout_prompt


def walk(flow: Flow, *events: rules.Event, context: rules.Context = DAY) -> tuple[FlowRun, list[rules.Effect]]:
    run, effects = rules.begin(flow, 1_000, context)
    for event in events:
        run, more = rules.step(flow, run, event, context)
        effects = [*effects, *more]
    return run, effects


def started_at(node: str) -> Flow:
    return msgspec.structs.replace(HOSPITAL, start=node)


@pytest.mark.req("IVR-2")
def test_key_pressed_during_the_menu_leads_on_and_stops_the_voice():
    run, effects = walk(HOSPITAL, rules.PlayFinished(2_000), rules.Digit(3_000, "1"))
    assert effects == [
        rules.Say(("greeting",)),
        rules.Say(("choices",)),
        rules.StopSaying(),
        rules.EnterQueue("7001", 0),
    ]
    assert [step[0] for step in run.path] == ["open?", "welcome", "main", "booking"]


@pytest.mark.req("IVR-2")
def test_key_pressed_during_the_greeting_counts_in_the_menu_behind_it():
    run, effects = walk(HOSPITAL, rules.Digit(2_000, "1"))
    assert effects == [rules.Say(("greeting",)), rules.StopSaying(), rules.EnterQueue("7001", 0)]
    assert [step[0] for step in run.path] == ["open?", "welcome", "main", "booking"]


def test_key_that_means_nothing_behind_the_greeting_lets_it_be_heard_out():
    run, effects = walk(HOSPITAL, rules.Digit(2_000, "7"), rules.Digit(2_100, "#"))
    assert effects == [rules.Say(("greeting",))]
    assert (run.node, run.playing) == ("welcome", True)


def test_number_keyed_from_the_greeting_on_is_whole():
    nodes = HOSPITAL.nodes | {"welcome": Play("welcome", ["greeting"], "card")}
    flow = msgspec.structs.replace(HOSPITAL, nodes=nodes)
    run, effects = walk(flow, *[rules.Digit(2_000 + at, key) for at, key in enumerate("4711#")])
    assert run.variables == {"card": "4711"}
    assert effects == [rules.Say(("greeting",)), rules.StopSaying(), rules.EnterQueue("7001", 0)]


@pytest.mark.req("IVR-4")
def test_closed_at_night():
    run, effects = walk(HOSPITAL, rules.PlayFinished(9_000), context=NIGHT)
    assert effects == [rules.Say(("we-are-closed",)), rules.End()]
    assert run.finished


def test_invalid_key_is_told_and_three_of_them_reach_a_person():
    run, effects = walk(started_at("main"), *[rules.Digit(2_000, "7")] * 3)
    says = [effect.prompts for effect in effects if isinstance(effect, rules.Say)]
    assert says == [("choices",), (INVALID_PROMPT, "choices"), (INVALID_PROMPT, "choices")]
    assert effects[-1] == rules.EnterQueue("7000", 1)
    assert run.finished


def test_no_key_is_told_and_star_repeats():
    flow = started_at("main")
    run, effects = walk(flow, rules.PlayFinished(2_000), rules.DeadlinePassed(8_000), rules.Digit(8_500, "*"))
    says = [effect.prompts for effect in effects if isinstance(effect, rules.Say)]
    assert says == [("choices",), (NO_INPUT_PROMPT, "choices"), ("choices",)]
    assert run.tries == 1


def test_deadline_of_an_earlier_menu_is_ignored():
    flow = started_at("main")
    run, _ = walk(flow, rules.PlayFinished(2_000))
    assert run.deadline == 8_000
    assert rules.step(flow, run, rules.DeadlinePassed(7_999), DAY) == (run, [])


@pytest.mark.req("IVR-2")
def test_digits_are_collected_to_the_hash_and_letters_are_no_digits():
    keys = [rules.Digit(2_000, key) for key in "12A34#"]
    run, effects = walk(started_at("card"), *keys)
    assert run.variables == {"card": "1234"}
    assert effects[-1] == rules.EnterQueue("7001", 0)


def test_collected_digits_do_not_stand_in_the_path():
    run, _ = walk(started_at("card"), *[rules.Digit(2_000, key) for key in "4711#"])
    assert "4711" not in str(run.path)


def test_interval_between_digits_ends_the_entry():
    flow = started_at("card")
    run, _ = walk(flow, rules.Digit(2_000, "4"), rules.Digit(3_000, "7"))
    assert run.deadline == 11_000
    run, effects = rules.step(flow, run, rules.DeadlinePassed(11_000), DAY)
    assert effects == [rules.Say((INVALID_PROMPT, "ask-card"))]
    assert run.digits == ""


# -- what is refused ---------------------------------------------------------------------------------


def broken(**changes: Any) -> bytes:
    graph = msgspec.to_builtins(HOSPITAL)
    for path, value in changes.items():
        *way, last = path.split("__")
        place = graph
        for key in way:
            place = place[key]
        place[last] = value
    return msgspec.json.encode(graph)


NASTY = {
    "start nowhere": broken(start="nowhere"),
    "operator nowhere": broken(operator="nowhere"),
    "way nowhere": broken(nodes__welcome__next="nowhere"),
    "menu key is a star": broken(nodes__main__choices={"*": "main"}),
    "menu key of two digits": broken(nodes__main__choices={"12": "main"}),
    "menu key is empty": broken(nodes__main__choices={"": "main"}),
    "menu key is no digit": broken(nodes__main__choices={"²": "main"}),
    "zero that is no person": broken(nodes__main__choices={"0": "closed"}),
    "menu never times out": broken(nodes__main__timeout_seconds=0),
    "menu without tries": broken(nodes__main__tries=0),
    "menu without words": broken(nodes__main__prompts=[]),
    "collect never times out": broken(nodes__card__timeout_seconds=10**9),
    "collect without tries": broken(nodes__card__tries=0),
    "collect for ever": broken(nodes__card__max_digits=1000),
    "collect backwards": broken(nodes__card__min_digits=7),
    "unknown kind": broken(nodes__main__kind="shell"),
    "unknown field": broken(nodes__main__command="rm"),
    "hour 25": broken(**{"nodes__open?__hours": [{"days": [1], "start": "25:00", "end": "26:00"}]}),
    "hour in odd digits": broken(**{"nodes__open?__hours": [{"days": [1], "start": "0²:00", "end": "18:00"}]}),
    "hours backwards": broken(**{"nodes__open?__hours": [{"days": [1], "start": "22:00", "end": "06:00"}]}),
    "day 8": broken(**{"nodes__open?__hours": [{"days": [8], "start": "08:00", "end": "18:00"}]}),
    "announcements in a circle": broken(nodes__welcome__next="welcome"),
    "conditions in a circle": broken(**{"nodes__open?__yes": "open?"}),
    "no json": b"{",
    "no text": b"\xff\xfe\x00",
    "deep": b"[" * 100_000,
    "empty": b"",
    "a list": b"[]",
}


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_senseless_graph_is_refused_with_a_reason(text: bytes) -> None:
    with pytest.raises(FlowError) as refused:
        parse(text)
    assert str(refused.value)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200)))
def test_parse_never_fails_in_another_way(text: str | bytes) -> None:
    with pytest.raises(FlowError):
        parse(text)


def test_hospital_is_a_good_graph():
    assert parse(msgspec.json.encode(HOSPITAL)) == HOSPITAL
    assert targets(HOSPITAL.nodes["open?"]) == [("yes", "welcome"), ("no", "closed")]
