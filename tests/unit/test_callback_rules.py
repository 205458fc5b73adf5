"""Tickets: what may become of them, over random sequences; and the conversation about one."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.callcenter.callbacks import dialogue, rules
from appliance.callcenter.callbacks.book import Book
from appliance.callcenter.callbacks.model import CallbackRules, Kind, Mode, Reason, State, Ticket

POLICY = CallbackRules(Mode.AGENT, "1", attempts=3, gap_ms=60_000, expiry_ms=3_600_000)


def ticket(**what: object) -> Ticket:
    given = Ticket("t", Kind.CALLBACK, 1, "13800000001", "13800000001", since=100, created_at=100, expires_at=9_000_000)
    return replace(given, **what)


results = st.sampled_from(["answered", "no-answer", "busy", "cut", "not-rung", "declined", "failed"])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("claim"), st.text("ab", min_size=1, max_size=2)),
        st.tuples(st.just("result"), st.text("ab", min_size=1, max_size=2), results),
        st.tuples(st.just("close")),
        st.tuples(st.just("postpone"), st.integers(0, 10_000)),
        st.tuples(st.just("refuse"), st.sampled_from([Reason.NIGHT, Reason.LIMIT]), st.booleans()),
    ),
    max_size=30,
)


@pytest.mark.req("ACD-6")
@given(steps, st.sampled_from(list(Kind)))
def test_one_attempt_at_a_time_and_a_closed_ticket_stays_closed(sequence: list, kind: Kind) -> None:
    now, one = 200, ticket(kind=kind)
    for step in sequence:
        now += 1000
        before = one
        match step:
            case ("claim", call):
                one = rules.claimed(one, call, 7, now) or one
                assert (one is before) == (before.state is not State.WAITING), "a second claim is refused"
            case ("result", call, result):
                one = rules.attempted(one, call, result, now, POLICY)
                assert one == before or before.claim == call, "only the attempt itself ends it"
            case ("close",):
                one = rules.closed(one, State.CANCELLED, Reason.BY_HAND, now)
            case ("postpone", delay):
                one = rules.postponed(one, now + delay)
            case ("refuse", why, hopeless) if before.state is State.WAITING:
                one = rules.refused(one, why, now, until=now + 500, hopeless=hopeless)
                assert (one.reason, one.state is State.FAILED) == (why, hopeless)
        assert before.open or one == before
        assert (one.open_key is None) == (not one.open)
        assert bool(one.claim) == (one.state is State.DIALLING)
        assert one.attempts <= POLICY.attempts + rules.MOST_CUT or kind is Kind.MISSED
        assert (one.since, one.priority) == (100, 0), "the place is kept whatever happens"


@pytest.mark.req("ACD-6")
@pytest.mark.parametrize(
    ("result", "state", "reason", "attempts", "next_at"),
    [
        ("answered", State.DONE, Reason.REACHED, 1, None),
        ("declined", State.CANCELLED, Reason.DECLINED, 1, None),
        ("no-answer", State.WAITING, "", 1, 1000 + POLICY.gap_ms),
        ("busy", State.WAITING, "", 1, 1000 + POLICY.gap_ms),
        ("cut", State.WAITING, "", 1, 1000 + rules.CUT_GAP_MS),
        ("not-rung", State.WAITING, "", 0, 1000 + rules.AGENT_GAP_MS),
    ],
)
def test_after_an_attempt(result: str, state: State, reason: str, attempts: int, next_at: int | None) -> None:
    begun = rules.claimed(ticket(), "c", 7, 900)
    assert begun is not None
    after = rules.attempted(begun, "c", result, 1000, POLICY)
    assert (after.state, after.reason, after.attempts) == (state, reason, attempts)
    assert next_at is None or after.next_at == next_at


@pytest.mark.req("ACD-6", "PBX-10")
def test_a_ticket_refused_by_limits_says_why_until_it_is_dialled_or_too_old() -> None:
    late = rules.refused(ticket(), Reason.NIGHT, 1000, until=31_000, hopeless=False)
    assert (late.state, late.reason, late.next_at, late.attempts) == (State.WAITING, "night", 31_000, 0)
    assert not rules.waits(late, 30_999)
    begun = rules.claimed(late, "c", 7, 31_000)
    assert begun is not None
    assert begun.reason == ""
    assert rules.too_old(late, 9_000_000).reason == "night"
    assert rules.too_old(ticket(), 9_000_000).reason == "too_old"


@pytest.mark.req("ACD-6")
def test_the_last_attempt_gives_up_but_a_missed_call_stays_in_the_list() -> None:
    last = ticket(attempts=2)
    begun = rules.claimed(last, "c", 7, 900)
    assert begun is not None
    assert rules.attempted(begun, "c", "no-answer", 1000, POLICY).state is State.FAILED
    missed = replace(begun, kind=Kind.MISSED)
    assert rules.attempted(missed, "c", "no-answer", 1000, POLICY).state is State.WAITING


@pytest.mark.req("ACD-6")
def test_due_and_too_old() -> None:
    one = ticket(next_at=500, expires_at=1000)
    assert [rules.waits(one, at) for at in (499, 500, 999, 1000)] == [False, True, True, False]
    assert [rules.is_too_old(one, at) for at in (999, 1000)] == [False, True]
    begun = rules.claimed(one, "c", 7, 999)
    assert begun is not None
    assert not rules.is_too_old(begun, 2000), "an attempt is not broken off"
    assert not rules.waits(ticket(kind=Kind.MISSED), 500), "missed calls wait for a person"


@pytest.mark.req("ACD-6")
def test_who_asks_again_has_one_ticket_with_the_better_place() -> None:
    merged = rules.asked_again(
        ticket(kind=Kind.MISSED, priority=5), ticket(id="u", since=900, priority=100, expires_at=99_000_000)
    )
    assert (merged.id, merged.kind, merged.since, merged.priority, merged.calls) == ("t", Kind.CALLBACK, 100, 100, 2)
    assert rules.place_of(ticket(priority=5), 900, 100) == (100, 100)


def test_memory_prefers_the_newer_version_and_never_opens_a_closed_ticket_again() -> None:
    book = Book()
    assert book.take(ticket())
    assert [one.id for one in book.of_number("+86 138-0000-0001")] == ["t"]
    newer = book.put(rules.closed(ticket(), State.DONE, Reason.REACHED, 500))
    assert book.of_number("13800000001") == []
    assert (book.open_in[1], book.take(ticket())) == (0, False)
    assert book.take(replace(ticket(), version=newer.version + 1)), "the database is the truth"
    assert book.open_in[1] == 1
    assert book.in_queue(1, "013800000001") is not None
    assert book.in_queue(2, "13800000001") is None


# -- the conversation ----------------------------------------------------------------------------------


def check(number: str) -> str:
    return number if len(number) == 11 and number.startswith("1") else ""


def talk(start: dialogue.Step, keys: str) -> tuple[list[dialogue.Effect], dialogue.Dialogue | None]:
    """Press keys one after another; "!" lets the time run out."""
    state, effects = start
    at = 0
    for key in keys:
        at += 100
        if state is None:
            break
        if key == "!":
            state, _ = dialogue.step(state, dialogue.Said(at), check)
            at += dialogue.ANSWER_MS
            event: dialogue.Event = dialogue.Late(at)
        else:
            event = dialogue.Key(at, key)
        state, more = dialogue.step(state, event, check)
        effects = effects + more
    return effects, state


CALLER, OTHER = "13800000001", "13900000002"


@pytest.mark.req("ACD-6")
@pytest.mark.parametrize(
    ("caller", "keys", "end"),
    [
        (CALLER, "1", dialogue.Store(CALLER)),
        (CALLER, f"2{OTHER}#1", dialogue.Store(OTHER)),
        (CALLER, f"2110#{OTHER}#1", dialogue.Store(OTHER)),
        (CALLER, f"2{OTHER}!1", dialogue.Store(OTHER)),
        (CALLER, "9991", dialogue.Store(CALLER)),
        (CALLER, "!1", dialogue.Store(CALLER)),
        (CALLER, "!!", dialogue.Resume()),
        (CALLER, "*", dialogue.Resume()),
        (CALLER, "2*", dialogue.Resume()),
        (CALLER, "21#2#3#", dialogue.Resume()),
        ("", f"{OTHER}#1", dialogue.Store(OTHER)),
        ("", "!!", dialogue.Resume()),
    ],
)
def test_caller_says_where_to_call_back(caller: str, keys: str, end: dialogue.Effect) -> None:
    effects, _ = talk(dialogue.begin(caller, check), keys)
    assert effects[-1] == end


@pytest.mark.req("ACD-5", "ACD-6")
@pytest.mark.parametrize(
    ("keys", "end"),
    [
        ("31", dialogue.Store(CALLER)),
        (f"32{OTHER}#1", dialogue.Store(OTHER)),
        ("1", dialogue.Resume()),
        ("*", dialogue.Resume()),
        ("!", dialogue.Resume()),
    ],
)
def test_offered_a_callback_the_caller_presses_the_queues_key_or_goes_on_waiting(
    keys: str, end: dialogue.Effect
) -> None:
    start = dialogue.offer(CALLER, "3")
    assert start[1] == [dialogue.Say(("system:callback-offer", "system:digit-3"))]
    effects, _ = talk(start, keys)
    assert effects[-1] == end


@pytest.mark.req("ACD-6")
def test_key_that_means_nothing_and_cut_the_question_short_does_not_leave_it_open_for_ever() -> None:
    for begun, _ in (dialogue.begin(CALLER, check), dialogue.greet()):
        assert begun is not None
        after, effects = dialogue.step(begun, dialogue.Key(1_000, "7"), check)
        assert after is not None
        assert (after.deadline, effects) == (1_000 + dialogue.ANSWER_MS, [])


@pytest.mark.req("ACD-6")
@pytest.mark.parametrize(
    ("keys", "end"),
    [
        ("1", dialogue.Accept()),
        ("51", dialogue.Accept()),
        ("2", dialogue.Decline(reached=True)),
        ("!1", dialogue.Accept()),
        ("!!", dialogue.Decline(reached=False)),
    ],
)
def test_patient_who_was_called_back_says_whether_to_talk(keys: str, end: dialogue.Effect) -> None:
    effects, state = talk(dialogue.greet(), keys)
    assert effects[-1] == end
    assert state is None


@given(st.text("0123456789*#!", max_size=60), st.sampled_from([CALLER, ""]))
def test_whatever_is_pressed_only_a_checked_number_is_stored_and_once(keys: str, caller: str) -> None:
    effects, state = talk(dialogue.begin(caller, check), keys)
    stored = [effect.number for effect in effects if isinstance(effect, dialogue.Store)]
    assert len(stored) <= 1
    assert all(check(number) == number for number in stored)
    assert (state is None) == isinstance(effects[-1], dialogue.Resume)
