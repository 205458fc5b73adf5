"""A manager's doings in a call, read from the lines of the audit log."""

import pytest

from appliance.callcenter.calls.interventions import Intervention, Line, interventions
from appliance.webadmin.admin.interventions import ENDED, WHAT, shown_to


def line(seconds: float, action: str, detail: str = "1001 坐席1; 8025; 质检", login: str = "manager") -> Line:
    return Line(round(seconds * 1000), login, "班长" if login == "manager" else "", action, detail)


def brief(found: tuple[Intervention, ...]) -> list[tuple[str, int | None, str]]:
    return [(one.what, one.milliseconds, one.ended) for one in found]


@pytest.mark.req("SUP-2", "REC-3")
def test_each_way_lasts_until_the_next_and_ringing_does_not_count():
    found = interventions(
        [
            line(10, "supervise-listen"),
            line(20, "supervise-whisper", "1001 坐席1; 8025"),
            line(30, "supervise-barge", "1001 坐席1; web; 帮忙; 再看"),
            line(45, "supervise-end", "32 s; hung_up"),
        ]
    )
    assert brief(found) == [("listen", 7000, "changed"), ("whisper", 10_000, "changed"), ("barge", 15_000, "hung_up")]
    assert [(one.who, one.agent, one.phone, one.reason) for one in found] == [
        ("班长", "1001 坐席1", "8025", "质检"),
        ("班长", "1001 坐席1", "8025", ""),
        ("班长", "1001 坐席1", "web", "帮忙; 再看"),
    ]


@pytest.mark.req("SUP-2")
@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([line(1, "supervise-listen"), line(21, "supervise-end", "0 s; no_answer")], [("listen", None, "no_answer")]),
        (
            [line(1, "supervise-take_over"), line(3, "supervise-end", "0 s; taken_over")],
            [("take_over", None, "taken_over")],
        ),
        (
            [line(1, "supervise-listen"), line(9, "supervise-end", "6 s; taken_over"), line(9, "supervise-take_over")],
            [("listen", 6000, "taken_over"), ("take_over", None, "")],
        ),
        ([line(1, "supervise-listen")], [("listen", None, "")]),
        ([line(1, "supervise-end", "3 s; ended"), line(2, "view", "")], []),
        ([line(1, "end-call", "骚扰")], [("end-call", None, "")]),
        (
            [
                line(1, "supervise-listen"),
                line(2, "supervise-listen", login="other"),
                line(9, "supervise-end", "8 s; ended"),
            ],
            [("listen", 8000, "ended"), ("listen", None, "")],
        ),
    ],
    ids=["not picked up", "at once", "later", "killed", "other lines", "end of the call", "two managers"],
)
def test_ends(lines: list[Line], expected: list[tuple[str, int | None, str]]):
    assert brief(interventions(lines)) == expected


@pytest.mark.req("SUP-2", "SEC-4")
def test_an_agent_sees_no_reasons_and_of_listening_what_the_setting_shows():
    found = interventions(
        [line(1, "supervise-listen"), line(2, "supervise-barge"), line(9, "supervise-end", "8 s; ended")]
    )
    assert shown_to(found, everything=True, listening=False) == found
    seen = shown_to(found, everything=False, listening=False)
    assert [(one.what, one.reason) for one in seen] == [("barge", "")]
    assert len(shown_to(found, everything=False, listening=True)) == 2
    assert {one.what for one in found} <= WHAT.keys()
    assert {one.ended for one in found} <= ENDED.keys()
