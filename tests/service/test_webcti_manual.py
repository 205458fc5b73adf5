"""The manuals of WebCTI are made from the program and never older than it."""

from pathlib import Path

import pytest

from appliance.callcenter.integrations.model import EVENT_TYPES
from appliance.webadmin.webcti import manual

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.req("CTI-4")
@pytest.mark.parametrize("name", manual.PAGES)
def test_manual_is_as_new_as_the_program(name: str) -> None:
    page = (DOCS / name).read_text(encoding="utf-8")
    assert page == manual.page(manual.PAGES[name]), "run: make manual"
    assert "[[" not in page
    for event in EVENT_TYPES:
        assert f"`{event}`" in page
