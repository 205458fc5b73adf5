"""Small rules of the pages: periods, ranges, exported cells, the time line, the drawing of flows."""

import json
import re
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.callcenter.calls.search_model import CallDetail, CallSegment, CallSummary
from appliance.callcenter.ivr.drawing import NODE_HEIGHT, NODE_WIDTH, draw
from appliance.callcenter.ivr.model import Flow, HangUp, Menu, Play, check
from appliance.webadmin.admin import period, show
from appliance.webadmin.admin.assets import STATIC
from appliance.webadmin.admin.files import wanted_range
from appliance.webadmin.admin.flows import shortened
from appliance.webadmin.admin.page import safe_target
from appliance.webadmin.admin.timeline import WIDTH, tick_seconds, timeline

DOCUMENT = Path(__file__).parents[2] / "appliance" / "webadmin" / "templates" / "document.html"
BEIJING = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 3, 10)
MINUTE = 60_000


# --- periods ---


def test_the_usual_periods_end_today():
    chosen = period.read("7", "", "", BEIJING, today=TODAY)
    assert (chosen.first, chosen.last) == (date(2026, 3, 4), TODAY)
    assert chosen.until - chosen.since == 7 * 24 * 60 * MINUTE


def test_days_begin_at_midnight_of_the_hospital():
    chosen = period.read("today", "", "", BEIJING, today=TODAY)
    assert show.when(chosen.since, BEIJING) == "2026-03-10 00:00:00"


def test_dates_the_wrong_way_round_are_turned_and_nonsense_is_passed_over():
    chosen = period.read("", "2026-03-09", "2026-03-01", BEIJING, today=TODAY)
    assert (chosen.first, chosen.last) == (date(2026, 3, 1), date(2026, 3, 9))
    chosen = period.read("", "2026-02-30", "x", BEIJING, today=TODAY)
    assert (chosen.first, chosen.last) == (date(2026, 3, 4), TODAY)


@given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12))
def test_a_period_is_never_empty_and_never_endless(key, first, last):
    chosen = period.read(key, first, last, BEIJING, today=TODAY)
    assert 0 <= (chosen.last - chosen.first).days <= period.LONGEST_DAYS
    assert chosen.since < chosen.until


# --- what is shown ---


@pytest.mark.parametrize(
    ("milliseconds", "shown"), [(0, "0:00"), (65_400, "1:05"), (3_723_000, "1:02:03"), (-5, "0:00")]
)
def test_lengths_are_written_as_people_write_them(milliseconds, shown):
    assert show.length(milliseconds) == shown


@pytest.mark.parametrize("text", ["=1+1", "+8613800000000", "-2", "@SUM(A1)", "\tx", "\r=cmd|' /C calc'!A0"])
def test_no_cell_is_a_formula(text):
    assert show.cell(text) == "'" + text
    assert show.cell("张三") == "张三"


def test_an_exported_file_opens_with_its_characters_right():
    content = show.csv_file(["姓名", "电话"], [["张,三", "=1"]])
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig") == '姓名,电话\r\n"张,三",\'=1\r\n'


def test_identity_numbers_are_masked():
    assert show.masked("11010519491231002X") == "1101**********002X"


@pytest.mark.parametrize(
    ("target", "goes"),
    [
        ("/calls?x=1", "/calls?x=1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("", "/"),
        ("calls", "/"),
    ],
)
def test_signing_in_leads_nowhere_but_here(target, goes):
    assert safe_target(target) == goes


# --- ranges (RFC 9110, 14.1.2) ---


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("", None),
        ("bytes=0-", (0, 1000)),
        ("bytes=10-19", (10, 20)),
        ("bytes=990-5000", (990, 1000)),
        ("bytes=-100", (900, 1000)),
        ("bytes=-5000", (0, 1000)),
        ("bytes=-", None),
        ("bytes=1-2,5-6", None),
        ("lines=1-2", None),
    ],
)
def test_ranges_are_read_as_the_standard_says(header, part):
    assert wanted_range(header, 1000) == part


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=5-4", "bytes=2000-3000", "bytes=-0"])
def test_a_range_outside_of_the_file_is_an_error(header):
    with pytest.raises(ValueError, match="bytes"):
        wanted_range(header, 1000)


# --- the time line ---


def detail(*segments: tuple[str, int, int]) -> CallDetail:
    ended = max((end for _, _, end in segments), default=0)
    call = CallSummary(
        id="x", direction="inbound", caller="1", called="2", started_at=0, answered_at=None, ended_at=ended,
        outcome="answered", hung_up_by="", wait_ms=0, talk_ms=0, trunk="", queue="", agent_id=None, agent="",
        agent_number="", patient_id=None, patient="", vip=False, recordings=0, business_type="", result="", rating=None,
    )  # fmt: skip
    parts = tuple(CallSegment(kind, start, end, "", "", "", "") for kind, start, end in segments)
    return CallDetail(call, parts, (), (), ())


def test_segments_that_overlap_stand_in_rows_of_their_own():
    picture = timeline(detail(("wait", 0, 60_000), ("ring", 30_000, 60_000), ("talk", 60_000, 120_000)))
    assert [bar.y for bar in picture.bars] == [4, 38, 4]
    assert dict(picture.kinds) == {"wait": 60_000, "ring": 30_000, "talk": 60_000}


@given(
    st.lists(
        st.tuples(st.sampled_from(["ivr", "wait", "talk"]), st.integers(0, 10**7), st.integers(0, 10**6)), max_size=12
    )
)
def test_every_bar_stands_inside_the_picture_and_none_upon_another(parts):
    picture = timeline(detail(*((kind, start, start + more) for kind, start, more in parts)))
    for bar in picture.bars:
        assert bar.x >= 0
        assert bar.x + bar.width <= WIDTH + 3
        assert bar.y + 26 <= picture.height
    for bar in picture.bars:
        for other in picture.bars:
            if bar is not other and bar.y == other.y:
                assert (
                    bar.segment.ended_at <= other.segment.started_at or other.segment.ended_at <= bar.segment.started_at
                )


@given(st.floats(0.001, 10**6))
def test_the_scale_has_a_handful_of_marks(seconds):
    assert seconds / tick_seconds(seconds) <= 14


def test_a_call_without_segments_has_an_empty_picture():
    assert timeline(detail()).bars == ()


# --- drawings of flows ---


def flow_of(edges: dict[str, dict[str, str]]) -> Flow:
    nodes = {name: Menu(name, ["p"], ways) if ways else HangUp(name) for name, ways in edges.items()}
    flow = Flow(name="f", start="n0", nodes=nodes)
    check(flow)
    return flow


@st.composite
def flows(draw):
    count = draw(st.integers(1, 9))
    names = [f"n{number}" for number in range(count)]
    ways = st.dictionaries(st.sampled_from("123456789"), st.sampled_from(names), max_size=4)
    return flow_of({name: draw(ways) for name in names})


@given(flows())
def test_any_flow_can_be_drawn_with_its_boxes_apart(flow):
    drawing = draw(flow)
    drawn = {box.node for box in drawing.boxes}
    assert drawn | set(drawing.unreachable) == set(flow.nodes)
    assert not drawn & set(drawing.unreachable)
    for box in drawing.boxes:
        assert 0 <= box.x <= drawing.width - NODE_WIDTH
        assert 0 <= box.y <= drawing.height - NODE_HEIGHT
        for other in drawing.boxes:
            if other is not box and other.x == box.x:
                assert abs(other.y - box.y) >= NODE_HEIGHT
    for node in drawn:
        ways = (
            {(key, target) for key, target in flow.nodes[node].choices.items()}
            if isinstance(flow.nodes[node], Menu)
            else set()
        )
        arrows = {(key, arrow.target) for arrow in drawing.arrows if arrow.source == node for key in arrow.keys}
        back = {way for box in drawing.boxes if box.node == node for way in box.back}
        assert arrows | back == ways


def test_arrows_go_from_left_to_right():
    flow = Flow(
        name="f",
        start="a",
        nodes={"a": Play("a", ["p"], "b"), "b": Menu("b", ["p"], {"1": "a", "2": "c"}), "c": HangUp("c")},
    )
    drawing = draw(flow)
    place = {box.node: box.x for box in drawing.boxes}
    assert place["a"] < place["b"] < place["c"]
    assert [(box.node, box.back) for box in drawing.boxes if box.back] == [("b", (("1", "a"),))]


def test_long_labels_are_cut_by_the_width_of_their_signs():
    assert shortened("短名称") == "短名称"
    assert shortened("一二三四五六七八九") == "一二三四五六七…"
    assert json.loads(json.dumps(shortened("abcdefghijklmnop"))) == "abcdefghijklmnop"


# --- style sheets ---


def test_every_style_sheet_of_the_pages_is_linked_once():
    made = {file.stem for file in (STATIC / "app").glob("*.css")}
    linked = re.search(r"for sheet in \(([^)]*)\) %\}<link", DOCUMENT.read_text(encoding="utf-8"))
    assert linked is not None
    names = re.findall(r'"(\w+)"', linked[1])
    assert (set(names), len(names)) == (made, len(made))
