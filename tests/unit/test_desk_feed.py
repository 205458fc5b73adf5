"""Who is told what, what a returning browser gets, and what happens to one that does not read."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.events import Publisher
from appliance.webadmin.desk.feed import Feed, Listener, Outbox, Tab, concerns, kind_of, tailored
from appliance.webadmin.desk.protocol import Change

AGENT = Tab(user_id=1, agent_id=7, all_calls=False, id="t1", page="desktop")
OTHER_AGENT = Tab(user_id=2, agent_id=8, all_calls=False, id="t2", page="desktop")
MANAGER = Tab(user_id=3, agent_id=None, all_calls=True, id="t3", page="board")


@pytest.mark.parametrize(
    ("body", "to", "seen_by"),
    [
        ({"agent": {"id": 1}}, None, {AGENT, OTHER_AGENT, MANAGER}),
        ({"queue": {"id": 1}}, None, {AGENT, OTHER_AGENT, MANAGER}),
        ({"configuration": 4}, None, {AGENT, OTHER_AGENT, MANAGER}),
        ({"call": {"id": "c"}}, [7], {AGENT, MANAGER}),
        ({"call": {"id": "c"}}, [], {MANAGER}),
        ({"call": {"id": "c"}}, None, {MANAGER}),
        ({"call_gone": "c"}, [7, 8], {AGENT, OTHER_AGENT, MANAGER}),
        ({"me": {"id": 7}}, [7], {AGENT}),
        ({"me": {"id": 7}}, None, set()),
        ({"taken_over": True}, [8], {OTHER_AGENT}),
        ({"notice": {"level": "info", "text": "x"}}, [7], {AGENT}),
        ({"notice": {"level": "info", "text": "x"}}, None, {AGENT, OTHER_AGENT, MANAGER}),
    ],
)
def test_a_change_reaches_exactly_those_it_concerns(body, to, seen_by):
    change = {"seq": 1, "to": to, **body}
    assert {tab for tab in (AGENT, OTHER_AGENT, MANAGER) if concerns(tab, change, kind_of(change))} == seen_by


def test_the_secret_of_the_phone_goes_only_to_the_tab_that_owns_it():
    me = {"id": 7, "tab": "t1", "sip": {"user": "web7", "secret": "x"}}
    assert tailored(AGENT, me)["sip"] == me["sip"]
    assert tailored(Tab(1, 7, False, "t9", "desktop"), me)["sip"] is None
    assert tailored(Tab(1, 7, False, "t1", "board"), me)["sip"] is None
    assert tailored(Tab(1, 7, False, "", "desktop"), me | {"tab": ""})["sip"] is None
    assert tailored(AGENT, None) is None


class Desk:
    """A publisher with a feed behind it, numbered changes, and listeners that note what they get."""

    def __init__(self, ring: int = 1000) -> None:
        self.publisher = Publisher[Change]()
        self._context = self.publisher.subscribe(100_000)
        self.feed = Feed(self._context.__enter__(), ring=ring)
        self.seq = 500

    def say(self, body, to=None):
        self.seq += 1
        self.publisher.publish({"seq": self.seq, "to": to, **body})
        self.feed.pump()

    def listen(self, tab, limit=500):
        listener = Listener(tab, Outbox(limit), lambda _code, _reason: None)
        self.feed.add(listener)
        return listener


def taken(outbox):
    messages = []
    while (message := outbox.take()) is not None:
        frame = json.loads(message)
        messages += frame if isinstance(frame, list) else [frame]
    return messages


def test_a_returning_browser_gets_what_it_missed_and_nothing_twice():
    desk = Desk()
    listener = desk.listen(AGENT)
    desk.say({"call": {"id": "a"}}, [7])
    desk.say({"call": {"id": "b"}}, [8])
    desk.say({"agent": {"id": 1}})
    got = taken(listener.outbox)
    assert [message["seq"] for message in got] == [501, 503]
    missed = [json.loads(message) for message in desk.feed.since(AGENT, 501)]
    assert [message["change"] for message in missed] == [{"agent": {"id": 1}}]
    assert desk.feed.since(AGENT, 503) == []


def test_a_browser_that_was_away_too_long_or_knows_another_run_gets_a_snapshot():
    desk = Desk(ring=3)
    for number in range(5):
        desk.say({"agent": {"id": number}})
    assert desk.feed.since(AGENT, 501) is None
    assert len(desk.feed.since(AGENT, 502)) == 3
    assert desk.feed.since(AGENT, 100) is None, "older than all that is known"
    assert desk.feed.since(AGENT, 600) is None, "never said so far"


def test_a_browser_that_does_not_read_costs_bounded_memory_and_gets_a_snapshot():
    desk = Desk()
    listener = desk.listen(AGENT, limit=10)
    for number in range(50):
        desk.say({"agent": {"id": number}})
    listener.outbox.reply('{"pong":1}')
    assert listener.outbox.overflowed
    assert [message for message in taken(listener.outbox) if "change" in message] == []
    listener.outbox.restart()
    desk.say({"agent": {"id": 1}})
    assert [message["seq"] for message in taken(listener.outbox)] == [551]


def test_a_new_configuration_costs_everybody_a_snapshot_and_the_pbx_coming_back_does_not():
    desk = Desk()
    listener = desk.listen(AGENT)
    desk.say({"configuration": 3, "pbx": False})
    assert taken(listener.outbox)[0]["change"] == {"configuration": 3, "pbx": False}
    desk.say({"configuration": 4})
    assert listener.outbox.overflowed
    assert desk.feed.since(AGENT, 501) is None, "who was away needs it too"


async def test_changes_too_fast_for_the_feed_cost_everybody_a_snapshot_and_nothing_else():
    publisher = Publisher[Change]()
    with publisher.subscribe(5) as subscription:
        feed = Feed(subscription)
        first_run = feed.run_id
        listener = Listener(AGENT, Outbox(), lambda _code, _reason: None)
        feed.add(listener)
        task = asyncio.create_task(feed.run())
        for seq in range(1, 20):
            publisher.publish({"seq": seq, "agent": {"id": seq}})
        async with asyncio.timeout(2):
            await listener.outbox.wait()
            while not listener.outbox.overflowed:  # noqa: ASYNC110 - the feed tells nobody
                await asyncio.sleep(0.01)
        assert feed.run_id != first_run
        listener.outbox.restart()
        publisher.publish({"seq": 30, "agent": {"id": 1}})
        async with asyncio.timeout(2):
            await listener.outbox.wait()
        assert json.loads(listener.outbox.take())["seq"] == 30
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@given(
    steps=st.lists(st.tuples(st.sampled_from(["agent", "mine", "other"]), st.booleans()), max_size=60),
    ring=st.integers(1, 20),
)
def test_cutting_the_line_anywhere_never_loses_the_last_word(steps, ring):
    """A browser that is cut and returns at random knows in the end what one knows that never left."""
    desk = Desk(ring=ring)
    truth: dict[str, int] = {}
    known: dict[str, int] = {}
    listener, seq = desk.listen(AGENT), desk.seq
    for kind, connected in steps:
        body, to = {"agent": ({"agent": {"id": 1}}, None), "mine": ({"call": {"id": "a"}}, [7])}.get(
            kind, ({"call": {"id": "b"}}, [8])
        )
        desk.say(body, to)
        if kind != "other":
            truth[kind] = desk.seq
        if not connected and listener is not None:
            desk.feed.remove(listener)
            listener = None
        elif connected and listener is None:
            missed = desk.feed.since(AGENT, seq)
            if missed is None:
                known = dict(truth)
                seq = desk.feed.seq
            for message in missed or []:
                document = json.loads(message)
                known["agent" if "agent" in document["change"] else "mine"] = seq = document["seq"]
            listener = desk.listen(AGENT)
        for message in taken(listener.outbox) if listener else []:
            known["agent" if "agent" in message["change"] else "mine"] = seq = message["seq"]
    if listener is not None:
        assert known == truth
