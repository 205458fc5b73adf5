"""Work orders: every action in every status by everybody, and that every order can be brought to an end."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.callcenter.work_orders import rules
from appliance.callcenter.work_orders.model import UNFINISHED, Action, Standing, Status
from appliance.errors import ForbiddenError

NOBODY = Standing()
DEPARTMENT = Standing(department=True)
CREATOR = Standing(creator=True)
MANAGER = Standing(manager=True)

MAY = {
    (Status.OPEN, "department"): {"accept", "answer", "pass_on", "close", "note"},
    (Status.OPEN, "creator"): {"pass_on", "close", "withdraw", "remind", "note"},
    (Status.OPEN, "nobody"): {"note"},
    (Status.ACCEPTED, "department"): {"answer", "pass_on", "close", "note"},
    (Status.ACCEPTED, "creator"): {"pass_on", "close", "remind", "note"},
    (Status.ANSWERED, "department"): {"close", "note"},
    (Status.ANSWERED, "creator"): {"close", "reopen", "note"},
    (Status.CLOSED, "department"): {"note"},
    (Status.CLOSED, "creator"): {"reopen", "note"},
    (Status.WITHDRAWN, "creator"): {"note"},
}
WHO = {"department": DEPARTMENT, "creator": CREATOR, "nobody": NOBODY}


@pytest.mark.req("AGT-2")
@pytest.mark.parametrize(("place", "expected"), MAY.items(), ids=str)
def test_what_each_may_do_in_each_state(place: tuple[Status, str], expected: set[str]) -> None:
    status, who = place
    assert {action.value for action in rules.allowed(status, WHO[who])} == expected


@pytest.mark.req("AGT-2")
def test_what_is_allowed_works_and_what_is_not_is_refused() -> None:
    standings = (NOBODY, DEPARTMENT, CREATOR, MANAGER)
    for status, action, standing in product(Status, Action, standings):
        if action in rules.allowed(status, standing):
            assert rules.after(status, action, standing, "text") in Status
        else:
            with pytest.raises((rules.NotPossibleError, ForbiddenError)):
                rules.after(status, action, standing, "text")


def test_a_reply_needs_words_and_closing_a_replied_order_does_not() -> None:
    with pytest.raises(rules.TextMissingError):
        rules.after(Status.ACCEPTED, Action.ANSWER, DEPARTMENT, "")
    with pytest.raises(rules.TextMissingError):
        rules.after(Status.OPEN, Action.CLOSE, CREATOR, "")
    assert rules.after(Status.ANSWERED, Action.CLOSE, CREATOR, "") is Status.CLOSED


def test_passing_on_needs_another_department() -> None:
    assert rules.department_after(Action.PASS_ON, 1, 2) == 2
    assert rules.department_after(Action.ANSWER, 1, 2) == 1
    for wrong in (None, 1):
        with pytest.raises(rules.DepartmentMissingError):
            rules.department_after(Action.PASS_ON, 1, wrong)


@given(st.lists(st.sampled_from(list(Action)), max_size=30))
def test_after_any_history_an_order_can_be_finished(actions: list[Action]) -> None:
    status = Status.OPEN
    for action in actions:
        if action in rules.allowed(status, MANAGER):
            status = rules.after(status, action, MANAGER, "text")
    assert status not in UNFINISHED or Action.CLOSE in rules.allowed(status, CREATOR)


def test_urgent_orders_are_due_sooner_and_never_later_than_usual() -> None:
    hour = rules.HOUR_MS
    assert rules.usual_due(0, 24, "normal") == 24 * hour
    assert rules.usual_due(0, 24, "urgent") == 12 * hour
    assert rules.usual_due(0, 24, "critical") == 2 * hour
    assert rules.usual_due(0, 1, "critical") == hour
