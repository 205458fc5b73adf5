"""Datagrams between the boxes: only what the peer says now, to this very run, is heard; everything else is counted."""

import msgspec
import pytest

from appliance.ha.agent.peer.wire import MARK, Conversation, Message, Refusal, derive_key, seal, unseal
from appliance.ha.decision.promise import Ask

pytestmark = pytest.mark.req("HA-1")

KEY = derive_key(b"not-a-password", "ward")
ASK = Ask(12_345, "run-a", 7)


def met() -> tuple[Conversation, Conversation]:
    """Two who know each other's run."""
    a, b = Conversation(KEY, "n1", "n2", "run-a"), Conversation(KEY, "n2", "n1", "run-b")
    assert b.hear(a.say()) is None, "a greeting says nothing"
    assert a.hear(b.say()) is not None
    assert b.hear(a.say()) is not None
    return a, b


def test_two_that_start_meet_and_then_hear_each_other() -> None:
    a, b = met()
    heard = b.hear(a.say(fitness=80, gateway=True, epoch=9, ask=ASK))
    assert heard is not None
    assert (heard.fitness, heard.gateway, heard.epoch, heard.ask) == (80, True, 9, ASK)
    answer = a.hear(b.say(promise=heard.ask))
    assert answer is not None
    assert answer.promise == ASK, "it comes back unchanged"
    assert not a.refused
    assert not b.refused


def test_one_that_starts_anew_is_heard_again_and_its_earlier_run_never_more() -> None:
    a, b = met()
    recorded = b.say(epoch=99)
    again = Conversation(KEY, "n2", "n1", "run-b2")
    assert a.hear(again.say()) is None
    assert again.hear(a.say()) is not None
    assert a.hear(again.say()) is not None
    assert a.hear(recorded) is None
    assert a.refused == {Refusal.OTHER_RUN: 1}


def test_a_recorded_greeting_does_not_shut_the_peer_out() -> None:
    recorded = Conversation(KEY, "n2", "n1", "run-of-yesterday").say()
    a, b = met()
    assert a.hear(recorded) is None
    a.say()  # the answer goes to nobody
    assert a.hear(b.say()) is not None, "still heard"


def test_what_was_said_to_an_earlier_run_of_ours_does_not_count() -> None:
    _, b = met()
    promised = b.say(promise=ASK)
    a = Conversation(KEY, "n1", "n2", "run-a2")
    assert a.hear(promised) is None
    assert a.refused == {Refusal.OTHER_RUN: 1}


def test_what_comes_twice_or_late_counts_once() -> None:
    a, b = met()
    first, second = a.say(), a.say()
    assert b.hear(second) is not None
    assert b.hear(second) is None
    assert b.hear(first) is None
    assert b.refused == {Refusal.REPEATED: 2}


@pytest.mark.parametrize(
    ("datagram", "why"),
    [
        (b"", Refusal.NOISE),
        (b"\0" * 60, Refusal.NOISE),
        (MARK, Refusal.NOISE),
        (MARK + b"x" * 32, Refusal.NOISE),
        (MARK + b"x" * 2_000, Refusal.NOISE),
        (MARK + b"x" * 32 + b"\x80", Refusal.FORGED),
        (seal(b"another key", Message("n2", "n1", "r", "run-a", 1)), Refusal.FORGED),
        (seal(KEY, Message("n1", "n1", "r", "run-a", 1)), Refusal.MISDIRECTED),
        (seal(KEY, Message("n2", "n3", "r", "run-a", 1)), Refusal.MISDIRECTED),
        (seal(KEY, msgspec.convert({}, dict)), Refusal.NONSENSE),  # type: ignore[arg-type]
        (seal(KEY, "text"), Refusal.NONSENSE),  # type: ignore[arg-type]
    ],
)
def test_nasty_datagrams_are_refused_and_counted(datagram: bytes, why: Refusal) -> None:
    a, b = met()
    assert a.hear(datagram) is None
    assert a.refused == {why: 1}
    assert a.hear(b.say()) is not None, "and harm nobody"


def test_every_changed_byte_is_noticed() -> None:
    _, b = met()
    datagram = b.say(fitness=50)
    for place in range(len(datagram)):
        changed = datagram[:place] + bytes([datagram[place] ^ 1]) + datagram[place + 1 :]
        a = Conversation(KEY, "n1", "n2", "run-a")
        assert a.hear(changed) is None
        assert set(a.refused) <= {Refusal.NOISE, Refusal.FORGED}
        assert a.refused


def test_a_newer_version_may_say_more() -> None:
    body = {"sender": "n2", "to": "n1", "run": "r", "to_run": "", "number": 1, "tomorrow": [1]}
    assert unseal(KEY, seal(KEY, body)).run == "r"  # type: ignore[arg-type]


def test_keys_of_two_clusters_differ() -> None:
    assert derive_key(b"same", "a") != derive_key(b"same", "b")
