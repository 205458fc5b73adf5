"""WebCTI's rules and formats: who may come in, how often, what old clients send and read."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.callcenter.integrations import rules, sending, tokens
from appliance.callcenter.integrations.errors import BadKeyError, ExpiredKeyError
from appliance.callcenter.integrations.model import Event, Filter, Scope, words
from appliance.callcenter.integrations.rules import Again, Bucket, PutAside, after_failure
from appliance.callcenter.verbs import dial, mute
from appliance.errors import InvalidError
from appliance.webadmin.webcti import formats

HOUR_MS = 3_600_000
KEY = b"0123456789abcdef"


@pytest.mark.req("CTI-4")
@given(st.lists(st.floats(0, 3), min_size=1, max_size=200), st.integers(1, 50), st.integers(1, 100))
def test_bucket_never_lets_more_through_than_rate_and_burst(gaps: list[float], rate: int, burst: int) -> None:
    bucket, now, taken = Bucket(rate, burst), 0.0, 0
    for gap in gaps:
        now += gap
        wait = bucket.take(now)
        taken += not wait
        assert wait >= 0
    assert taken <= burst + rate * now + 1e-6


@pytest.mark.req("CTI-4")
def test_who_waits_as_long_as_told_gets_through() -> None:
    bucket = Bucket(5, 2)
    assert [bucket.take(10.0), bucket.take(10.0)] == [0, 0]
    wait = bucket.take(10.0)
    assert 0 < wait <= 0.2
    assert bucket.take(10.0 + wait + 1e-9) == 0


@pytest.mark.req("CTI-4", "SEC-1")
@pytest.mark.parametrize(
    ("address", "ranges", "allowed"),
    [
        ("10.1.2.3", (), True),
        ("10.1.2.3", ("10.1.0.0/16",), True),
        ("10.2.2.3", ("10.1.0.0/16", "10.2.2.3"), True),
        ("10.3.2.3", ("10.1.0.0/16", "10.2.2.3"), False),
        ("::ffff:10.1.2.3", ("10.1.0.0/16",), True),
        ("2001:db8::1", ("2001:db8::/32",), True),
        ("", ("10.1.0.0/16",), False),
    ],
)
def test_key_is_good_only_from_its_ranges(address: str, ranges: tuple[str, ...], allowed: bool) -> None:
    assert rules.comes_from(address, ranges) is allowed


@pytest.mark.req("CTI-5", "SEC-1")
@pytest.mark.parametrize(
    ("address", "inside", "public"),
    [
        ("10.1.2.3", True, True),
        ("192.168.7.1", True, True),
        ("172.16.0.1", True, True),
        ("fd00::1", True, True),
        ("93.184.216.34", False, True),
        ("127.0.0.1", False, False),
        ("127.8.8.8", False, False),
        ("::1", False, False),
        ("::ffff:127.0.0.1", False, False),
        ("169.254.169.254", False, False),
        ("fe80::1", False, False),
        ("0.0.0.0", False, False),
        ("224.0.0.1", False, False),
        ("255.255.255.255", False, False),
        ("his.example.org", False, False),
    ],
)
def test_webhooks_reach_hospital_networks_never_ourselves(address: str, inside: bool, public: bool) -> None:
    assert rules.may_be_target(address, public=False) is inside
    assert rules.may_be_target(address, public=True) is public


@pytest.mark.req("CTI-4")
@pytest.mark.parametrize("text", ["https://his.example.org", "http://10.1.2.3:8080"])
def test_origin(text: str) -> None:
    assert rules.is_origin(text)
    for wrong in (f"{text}/", f"{text}/path", "null", "*", "https://", "ftp://his.example.org"):
        assert not rules.is_origin(wrong)


@pytest.mark.req("CTI-5")
@pytest.mark.parametrize(
    ("status", "attempts", "failures", "age", "expected"),
    [
        (None, 1, 1, 0, Again(1)),
        (500, 2, 2, 0, Again(5)),
        (503, 50, 50, HOUR_MS, Again(900)),
        (429, 50, 3, HOUR_MS, Again(15)),
        (401, 50, 3, HOUR_MS, Again(15)),
        (404, 4, 4, 0, Again(60)),
        (404, 5, 5, 0, PutAside()),
        (302, 9, 9, 0, Again(900)),
        (None, 1, 1, 25 * HOUR_MS, PutAside()),
    ],
)
def test_failed_delivery_is_tried_again_or_put_aside(
    status: int | None, attempts: int, failures: int, age: int, expected: object
) -> None:
    assert after_failure(status, attempts, failures, age) == expected


@pytest.mark.req("CTI-5")
def test_signature_is_that_of_the_standard_webhooks_convention() -> None:
    """The published example of the convention (standard-webhooks, version 1.0)."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert sending.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == expected


@pytest.mark.req("CTI-4")
def test_token_is_good_for_its_time_and_nothing_in_it_can_be_changed() -> None:
    token = tokens.Token("abc", "1001", (Scope.READ, Scope.DIAL), 5000)
    text = tokens.write(KEY, token)
    assert tokens.read(KEY, text, 4999) == token
    with pytest.raises(ExpiredKeyError):
        tokens.read(KEY, text, 5001)
    with pytest.raises(BadKeyError):
        tokens.read(b"another", text, 0)
    for place in range(len(tokens.PREFIX), len(text) - 1):
        changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        with pytest.raises(BadKeyError):
            tokens.read(KEY, changed, 0)


@given(st.text(max_size=60))
def test_any_text_as_token_is_refused_cleanly(text: str) -> None:
    with pytest.raises(BadKeyError):
        tokens.read(KEY, tokens.PREFIX + text, 0)


@pytest.mark.req("CTI-4")
def test_filter_passes_what_concerns_one_of_its_agents_or_queues() -> None:
    event = Event(1, 0, "call.ringing", "call:x", ("1001",), ("7001",))
    change = Event(2, 0, "pbx.changed", "pbx")
    everything, agent, queue = Filter(), Filter(frozenset({"1001"})), Filter(queues=frozenset({"7001"}))
    other, either = Filter(frozenset({"1002"})), Filter(frozenset({"1002"}), frozenset({"7001"}))
    assert [f.passes(event) for f in (everything, agent, queue, other, either)] == [True, True, True, False, True]
    assert all(f.passes(change) for f in (everything, agent, queue, other))
    nobodys = Event(3, 0, "call.started", "call:y")
    assert [f.passes(nobodys) for f in (everything, agent, queue)] == [True, False, False], "not yet their business"
    assert Filter(types=("call.",)).passes(event)
    assert not Filter(types=("agent.", "queue.changed")).passes(event)


@pytest.mark.req("CTI-4", "SEC-1")
def test_who_may_not_know_patients_gets_events_without_them() -> None:
    call = {"id": "x", "patients": [{"id": 1, "name": "张三"}], "patient_id": 1, "caller": "138"}
    event = Event(1, 0, "call.ringing", "call:x", data={"call": call})
    assert "张三" in Filter(patients=True).text(event)
    reduced = Filter().text(event)
    assert "张三" not in reduced
    assert '"patients":[],"patient_id":null,"caller":"138"' in reduced


# -- formats ---------------------------------------------------------------------------------------


@pytest.mark.req("CTI-4")
@pytest.mark.parametrize(
    ("body", "charset"),
    [
        ("notes=患者家属&agent=1001".encode(), ""),
        ("notes=患者家属&agent=1001".encode("gb18030"), ""),
        ("notes=患者家属&agent=1001".encode("gb18030"), "gb18030"),
        (b"charset=gbk&notes=%BB%BC%D5%DF%BC%D2%CA%F4&agent=1001", ""),
        (b"notes=%E6%82%A3%E8%80%85%E5%AE%B6%E5%B1%9E&agent=1001", "utf-8"),
    ],
)
def test_forms_are_read_in_utf8_and_gb18030(body: bytes, charset: str) -> None:
    fields = formats.read_form(body, charset)
    assert (fields["notes"], fields["agent"]) == ("患者家属", "1001")


def test_charset_names_that_people_write() -> None:
    assert formats.content_type('application/x-www-form-urlencoded; charset="GB2312"') == (formats.FORM, "gb18030")
    assert formats.content_type("application/json") == ("application/json", "")
    assert formats.content_type("text/plain; charset=klingon") == ("text/plain", "")


@pytest.mark.req("CTI-4")
def test_fields_of_a_form_become_what_the_verb_expects() -> None:
    given_fields = {"number": "13800000001", "patient_id": "17"}
    assert formats.typed(given_fields, dial.Arguments) == {"number": "13800000001", "patient_id": 17}
    assert formats.typed({"on": "true"}, mute.Arguments) == {"on": True}
    assert formats.typed({"on": "1"}, mute.Arguments) == {"on": True}
    assert formats.typed({"on": "perhaps", "other": "x"}, mute.Arguments) == {"on": "perhaps", "other": "x"}
    assert formats.typed({"patient_id": "null"}, dial.Arguments) == {"patient_id": None}


@pytest.mark.req("CTI-4")
def test_replies_as_xml_and_as_lines() -> None:
    document = {"ok": True, "answer": {"call": "0m<&>", "none": None}, "list": [{"a": 1}, {"a": 2}], "name": "张\n三"}
    xml = formats.encode(document, formats.XML, "gb18030").decode("gb18030")
    assert xml.startswith('<?xml version="1.0" encoding="GB18030"?>')
    assert "<answer><call>0m&lt;&amp;&gt;</call><none></none></answer>" in xml
    assert "<list><item><a>1</a></item><item><a>2</a></item></list>" in xml
    lines = formats.encode(document, formats.TEXT).decode().splitlines()
    assert lines == [
        "ok=1",
        "answer.call=0m<&>",
        "answer.none=",
        "list.count=2",
        "list.1.a=1",
        "list.2.a=2",
        "name=张 三",
    ]


@given(st.binary(max_size=200), st.sampled_from(["", "utf-8", "gb18030"]))
def test_any_bytes_as_a_form_or_json_are_read_or_refused_cleanly(body: bytes, charset: str) -> None:
    for read in (lambda: formats.read_form(body, charset), lambda: formats.read_json(body)):
        with contextlib.suppress(InvalidError):
            assert isinstance(read(), dict)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=9))
def test_any_answer_can_be_written_in_each_format(value: object) -> None:
    for kind in formats.CONTENT_TYPES:
        assert formats.encode({"value": value}, kind, "gb18030")


def test_lists_that_people_type() -> None:
    assert words("1001, 1002，1003、1004\n1001") == ("1001", "1002", "1003", "1004")
