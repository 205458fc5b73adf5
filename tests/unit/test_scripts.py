"""Phrase cards: what is filled in, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.callcenter.forms import FormError
from appliance.callcenter.scripts import forms, rules
from appliance.callcenter.work_orders import watch
from appliance.callcenter.work_orders.model import OrderNews

CARD = {"title": ["开场白"], "business_type": [""], "position": ["10"], "active": ["1"]}


@pytest.mark.req("AGT-1")
def test_names_are_filled_in_and_the_rest_stays_as_it_is() -> None:
    values = {"patient": "张三", "agent": ""}
    assert rules.filled("{patient}您好，我是{agent}，{x}", values) == "张三您好，我是{agent}，{x}"


def test_a_variable_that_does_not_exist_is_refused() -> None:
    assert forms.read(CARD | {"text": ["您好，{hospital}"]}).text == "您好，{hospital}"
    with pytest.raises(FormError) as refusal:
        forms.read(CARD | {"text": ["您好，{hospitol}"]})
    assert "text" in refusal.value.problems


@given(st.text(max_size=80), st.text(max_size=20))
def test_filling_never_fails_and_never_fills_twice(text: str, name: str) -> None:
    once = rules.filled(text, {"patient": name})
    if "{" not in name:
        assert rules.filled(once, {}) == once


class Someone:
    def __init__(self, key: int, user_id: int, language: str) -> None:
        self.id, self.user_id, self.language = key, user_id, language


@pytest.mark.req("AGT-2")
def test_the_maker_and_the_department_are_told_but_not_who_did_it() -> None:
    agents = {1: Someone(1, 11, "zh_CN"), 2: Someone(2, 12, "en"), 3: Someone(3, 13, "zh_CN")}
    replied = OrderNews(1, 7, "answer", "门诊部", by=12, created_by=11, members=(12, 13))
    assert watch.messages(replied, agents) == [(1, "门诊部已回复工单 #7")]
    passed = OrderNews(2, 7, "pass_on", "医务科", by=13, created_by=11, members=(12,))
    assert dict(watch.messages(passed, agents)) == {
        1: "工单 #7 已转办到医务科",
        2: "Work order #7 was passed on to 医务科",
    }
    own = OrderNews(3, 7, "close", "医务科", by=11, created_by=11, members=(12,))
    assert watch.messages(own, agents) == []
