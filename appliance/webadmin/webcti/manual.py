"""Writes the manuals of WebCTI in both languages: `python -m appliance.webadmin.webcti.manual FOLDER`."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from appliance.callcenter.integrations.documents import AgentDocument, CallDocument, QueueDocument
from appliance.callcenter.integrations.model import EVENT_TYPES
from appliance.callcenter.integrations.views import COLUMNS
from appliance.webadmin.webcti import description
from appliance.webadmin.webcti.manual_text import EN, ZH, Words

PAGES = {"webcti.md": EN, "webcti.zh.md": ZH}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _described(schema: dict[str, Any], words: Words) -> str:
    return str(schema.get(words.described, ""))


def _arguments(verb: Any, words: Words) -> str:
    request, _ = description.verb_schemas(verb, {})
    told = []
    for name, schema in request["properties"].items():
        if name != "agent":
            optional = "" if name in request["required"] else words.optional
            told.append(f"`{name}`{optional} {_described(schema, words)}{_choices(schema, words)}")
    return "<br>".join(told)


def _choices(schema: dict[str, Any], words: Words) -> str:
    """The values that are possible, where they are few."""
    values = schema.get("enum", [])
    return words.one_of + ", ".join(f"`{value}`" for value in values) if values else ""


def verbs(words: Words) -> str:
    chinese = words.zh
    rows = [
        (
            f"`{verb.name}` {verb.zh if chinese else verb.en}",
            verb.offer.value,
            verb.text_zh if chinese else verb.text,
            _arguments(verb, words),
        )
        for verb in description.offered()
    ]
    return table(words.verb_head, rows)


def addresses(words: Words) -> str:
    rows = [
        (
            f"`{one.method.upper()} {one.path}`",
            one.scope.value if one.scope else "—",
            one.zh if words.zh else one.en,
            " ".join(f"`{parameter.name}`" for parameter in one.parameters if parameter.name not in one.path),
        )
        for one in description.OPERATIONS
    ]
    return table(words.address_head, rows)


def events(words: Words) -> str:
    return table(words.event_head, [(f"`{name}`", told[0 if words.zh else 1]) for name, told in EVENT_TYPES.items()])


def documents(words: Words) -> str:
    """Members of agents, queues and calls."""
    found = description.openapi()["components"]["schemas"]
    kinds = (AgentDocument, QueueDocument, CallDocument)
    parts = []
    for kind in kinds:
        members = found[kind.__name__]["properties"].items()
        rows = [(f"`{name}`", _described(schema, words)) for name, schema in members]
        parts.append(f"### {words.documents[kind.__name__]}\n\n{table(words.member_head, rows)}")
    return "\n\n".join(parts)


def views(words: Words) -> str:
    return table(words.view_head, [(f"`{name}`", ", ".join(columns)) for name, columns in COLUMNS.items()])


def page(words: Words) -> str:
    made = {
        "VERBS": verbs(words),
        "ADDRESSES": addresses(words),
        "EVENTS": events(words),
        "DOCUMENTS": documents(words),
        "VIEWS": views(words),
    }
    text = words.text
    for name, part in made.items():
        text = text.replace(f"[[{name}]]", part)
    return text


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs")
    for name, words in PAGES.items():
        (folder / name).write_text(page(words), encoding="utf-8")


if __name__ == "__main__":
    main()
