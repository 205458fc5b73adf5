"""Tables in forms: rows are read, refused, added, moved and taken away."""

import pytest

from appliance.callcenter.acd.policy import (
    After,
    Announce,
    Closed,
    Message,
    Need,
    OfferCallback,
    OtherQueue,
    Step,
    Unstaffed,
)
from appliance.callcenter.form_rows import press
from appliance.callcenter.forms import FormError
from appliance.callcenter.people import forms as people_forms
from appliance.callcenter.queues import forms as queue_forms
from tests.unit.test_forms import QUEUE

STEPS = {
    "steps-when": ["after", "unstaffed", "", "closed"],
    "steps-number": ["60", "0", "0", "0"],
    "steps-start": ["", "", "", "17:30"],
    "steps-end": ["", "", "", "08:00"],
    "steps-days": ["1234567", "1234567", "1234567", "12345"],
    "steps-action": ["announce", "message", "message", "queue"],
    "steps-target": ["prompt:4", "", "", "queue:2"],
}


def line_at_fault(values) -> tuple[str, int]:
    with pytest.raises(FormError) as caught:
        queue_forms.read(values)
    ((name, problem),) = caught.value.problems.items()
    return name, problem.line


@pytest.mark.req("ACD-5")
def test_steps_are_read_in_their_order_and_empty_rows_left_out():
    assert queue_forms.read(QUEUE | STEPS).steps == (
        Step(After(60), Announce(4)),
        Step(Unstaffed(), Message()),
        Step(Closed("17:30", "08:00", (1, 2, 3, 4, 5)), OtherQueue(2)),
    )


@pytest.mark.parametrize(
    ("column", "row", "value", "line"),
    [
        ("number", 0, "soon", 1),
        ("number", 0, "90000", 1),
        ("target", 0, "", 1),
        ("target", 0, "queue:2", 1),
        ("target", 0, "prompt:x", 1),
        ("when", 1, "never", 2),
        ("start", 3, "", 3),
        ("start", 3, "5:30", 3),
        ("days", 3, "8", 3),
    ],
)
def test_wrong_row_is_named_by_its_line(column: str, row: int, value: str, line: int):
    changed = list(STEPS[f"steps-{column}"])
    changed[row] = value
    assert line_at_fault(QUEUE | STEPS | {f"steps-{column}": changed}) == ("steps", line)


@pytest.mark.req("ACD-5", "ACD-6")
def test_callback_is_offered_by_a_step_where_the_queue_has_callbacks():
    steps = STEPS | {
        "steps-action": ["callback", "message", "message", "queue"],
        "steps-target": ["", "", "", "queue:2"],
    }
    assert queue_forms.read(QUEUE | steps | {"callback_mode": ["agent"]}).steps[0] == Step(After(60), OfferCallback())
    assert line_at_fault(QUEUE | steps) == ("steps", 1)
    chosen = {"steps-target": ["prompt:4", "", "", "queue:2"], "callback_mode": ["agent"]}
    assert queue_forms.read(QUEUE | steps | chosen).steps[0] == Step(After(60), OfferCallback()), "a hidden choice"


@pytest.mark.req("ACD-2")
def test_needs_and_skills_are_read():
    needs = {
        "needs-skill": ["3", ""],
        "needs-level": ["6", "5"],
        "needs-relax_by": ["2", "1"],
        "needs-relax_seconds": ["20", "30"],
        "needs-lowest": ["1", "0"],
    }
    assert queue_forms.read(QUEUE | needs).needs == (Need(3, 6, 20, 2, 1),)
    assert line_at_fault(QUEUE | needs | {"needs-lowest": ["7", "0"]}) == ("needs", 1)
    agent = {"user_id": ["1"], "number": ["1001"], "phone": ["web"], "extension_id": [""], "active": ["1"]}
    skills = {"skills-skill": ["4", "5", ""], "skills-level": ["10", "1", "5"]}
    assert [(one.skill_id, one.level) for one in people_forms.read_agent(agent | skills).skills] == [(4, 10), (5, 1)]
    with pytest.raises(FormError):
        people_forms.read_agent(agent | skills | {"skills-skill": ["4", "4", ""]})


@pytest.mark.parametrize(
    ("pressed", "expected"),
    [
        ("steps:down:0", ["unstaffed", "after", "", "closed"]),
        ("steps:up:0", ["after", "unstaffed", "", "closed"]),
        ("steps:up:3", ["after", "unstaffed", "closed", ""]),
        ("steps:remove:1", ["after", "", "closed"]),
        ("steps:remove:77", ["after", "unstaffed", "", "closed"]),
        ("steps:add:0", ["after", "unstaffed", "", "closed"]),
        ("nothing:up:1", ["after", "unstaffed", "", "closed"]),
        ("steps:explode:1", ["after", "unstaffed", "", "closed"]),
    ],
)
def test_buttons_change_the_rows(pressed: str, expected: list[str]):
    assert list(press(queue_forms.FIELDS, STEPS, pressed)["steps-when"]) == expected


def test_what_was_read_is_shown_the_same_way():
    field = next(field for field in queue_forms.FIELDS if field.name == "steps")
    rows = field.shown_rows(queue_forms.read(QUEUE | STEPS).steps)
    again = {field.input_name(column): [row[column.name] for row in rows] for column in field.columns}
    assert queue_forms.read(QUEUE | again).steps == queue_forms.read(QUEUE | STEPS).steps
    assert rows[-1]["when"] == "", "an empty row to fill in"
