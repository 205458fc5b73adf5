"""Screen pop into another system: the address of its page about a call, from a template."""

import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

NAMES = ("caller", "called", "call", "direction", "line", "queue", "agent", "patient_id", "card_number")
"""What may stand in braces: numbers of both sides, the call's id, its line, queue and agent, the patient if known."""

_PLACE = re.compile(r"\{(\w*)\}")


def unknown_names(template: str) -> list[str]:
    return [name for name in _PLACE.findall(template) if name not in NAMES]


def is_template(template: str) -> bool:
    """Whether it can become the address of a page: http or https, a fixed host, nothing but known names."""
    parts = urlsplit(template)
    fixed = parts.scheme in {"http", "https"} and bool(parts.hostname) and "{" not in parts.netloc
    return fixed and not unknown_names(template)


def address(template: str, values: Mapping[str, object]) -> str:
    """The page's address; every value is escaped so that it stays one value (RFC 3986 2.1)."""

    def value(place: re.Match[str]) -> str:
        found = values.get(place[1])
        return "" if found is None else quote(str(found), safe="")

    return _PLACE.sub(value, template)
