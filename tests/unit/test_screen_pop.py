"""The address of another system's page about a call."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.callcenter.integrations import pop

TEMPLATE = "https://his.example.org/patient?phone={caller}&call={call}&card={card_number}#top"


@pytest.mark.req("CTI-5")
@given(st.text(max_size=30))
def test_a_value_stays_one_value(caller: str) -> None:
    caller = caller.encode("utf-8", "ignore").decode()
    parts = urlsplit(pop.address(TEMPLATE, {"caller": caller, "call": "0mx"}))
    assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == ("https", "his.example.org", "/patient", "top")
    found = parse_qs(parts.query, keep_blank_values=True)
    assert found == {"phone": [caller], "call": ["0mx"], "card": [""]}


@pytest.mark.req("CTI-5")
def test_templates() -> None:
    assert pop.is_template(TEMPLATE)
    for wrong in ("javascript:alert({caller})", "https://{caller}.example.org/", "//x/", "https://h/{nobody}"):
        assert not pop.is_template(wrong)
