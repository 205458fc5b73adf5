"""The texts that need translating: `python -m appliance.webadmin.catalogue` brings the Chinese file up to date.

Message ids stand in templates as `_("…")`, in the program as `phrase("…")` or where a problem of a form is raised.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from tornado.template import Loader

from appliance.callcenter.prompts.voices import VOICES
from appliance.webadmin.language import FOLDER

PACKAGE = Path(__file__).parents[1]
TEMPLATES = Path(__file__).parent / "templates"
MARKS = {"_": 0, "phrase": 0, "translate": 0, "FormError.of": 1, "Problem": 0}
"""Which argument of which call is a message id."""

CHINESE = FOLDER / "zh_CN" / "LC_MESSAGES" / "messages.po"


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        owner = function.value.id if isinstance(function.value, ast.Name) else ""
        return function.attr if function.attr in MARKS else f"{owner}.{function.attr}"
    return function.id if isinstance(function, ast.Name) else ""


def _texts(node: ast.expr) -> Iterator[str]:
    """Every text an expression may be: a text, either side of a choice, values of a table that is looked up."""
    match node:
        case ast.Constant(value=str() as value) if value:
            yield value
        case ast.IfExp(body=one, orelse=other):
            yield from (*_texts(one), *_texts(other))
        case ast.BoolOp(values=sides) | ast.Subscript(value=ast.Dict(values=sides)):
            for side in sides:
                yield from _texts(side)
        case _:
            return


def message_ids(source: str) -> Iterator[str]:
    """The message ids in a piece of Python."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            place = MARKS.get(_name(node.func))
            if place is not None and len(node.args) > place:
                yield from _texts(node.args[place])


def wanted() -> set[str]:
    """Every message id of the product."""
    found = {voice.en for voice in VOICES}
    for file in PACKAGE.rglob("*.py"):
        found.update(message_ids(file.read_text("utf-8")))
    loader = Loader(str(TEMPLATES))
    for file in TEMPLATES.glob("*.html"):
        found.update(message_ids(loader.load(file.name).code))
    return found


def chinese() -> Catalog:
    if not CHINESE.exists():
        return Catalog(locale="zh_CN", project="hcc", charset="utf-8")
    with CHINESE.open("rb") as file:
        return read_po(file, locale="zh_CN")


def update() -> list[str]:
    """Take out what is no longer wanted, add what is; the ids still without a translation."""
    old = chinese()
    fresh = Catalog(locale="zh_CN", project="hcc", charset="utf-8", fuzzy=False)
    for message in sorted(wanted()):
        known = old.get(message)
        fresh.add(message, known.string if known is not None else "")
    CHINESE.parent.mkdir(parents=True, exist_ok=True)
    with CHINESE.open("wb") as file:
        write_po(file, fresh, width=100, omit_header=True, sort_output=True)
    return [str(message.id) for message in fresh if message.id and not message.string]


if __name__ == "__main__":
    missing = update()
    sys.stdout.write("".join(f"{message}\n" for message in missing))
    sys.exit(1 if missing else 0)
