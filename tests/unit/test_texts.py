"""Texts on the screen: complete in Chinese, and nothing that could be unsafe in a template."""

import re
from pathlib import Path

import pytest

from appliance.callcenter.work_orders.forms import TYPE_WORDS
from appliance.webadmin import catalogue
from appliance.webadmin.admin import navigation, system
from appliance.webadmin.language import language

TEMPLATES = sorted(catalogue.TEMPLATES.glob("*.html"))
SCRIPTS = sorted((catalogue.TEMPLATES.parent / "static" / "app").glob("*.js"))
PLACE = re.compile(r"%\((\w+)\)s")


@pytest.mark.req("SEC-1")
def test_every_text_has_a_chinese_translation():
    stored = {message.id: message.string for message in catalogue.chinese() if message.id}
    assert catalogue.wanted() - set(stored) == set(), "run: python -m appliance.webadmin.catalogue"
    assert [message for message, text in stored.items() if not text] == []
    assert set(stored) - catalogue.wanted() == set(), "no longer used"


def test_translations_fill_in_the_same_values():
    for message in catalogue.chinese():
        if message.id:
            assert set(PLACE.findall(message.string)) == set(PLACE.findall(message.id)), message.id


def test_english_is_the_ids_themselves():
    assert language("en").translate("Patients") == "Patients"
    assert language("zh_CN").translate("Patients") == "患者"
    assert language("xx").code == "zh_CN"


def test_every_stored_code_has_words():
    for table in (
        navigation.OUTCOMES,
        navigation.SEGMENTS,
        navigation.RESULTS,
        TYPE_WORDS,
        system.ACTIONS,
    ):
        for words in table.values():
            assert language("zh_CN").translate(words) != words


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: file.name)
def test_templates_hold_nothing_a_strict_policy_forbids(template):
    text = template.read_text("utf-8")
    assert "{% raw" not in text
    assert "{% autoescape" not in text
    assert not re.search(r"\sstyle=", text), "inline style"
    assert not re.search(r"\son[a-z]+=", text), "inline script"
    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "inline script"
    assert not re.search(r"(?:src|href|action)=[\"']https?:", text), "another host"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: file.name)
def test_every_form_that_changes_something_carries_its_token(template):
    text = template.read_text("utf-8")
    for form in re.findall(r'<form[^>]*method="post".*?</form>', text, re.DOTALL):
        assert "xsrf_form_html" in form


@pytest.mark.parametrize("script", [*TEMPLATES, *SCRIPTS], ids=lambda file: file.name)
def test_no_page_needs_another_host(script: Path):
    text = re.sub(r"http://www\.w3\.org/\S+", "", script.read_text("utf-8"))
    assert "http://" not in text
    assert "https://" not in text
