"""A field that is a table: any number of rows of smaller fields, put in order by the person who fills it in.

Each column's inputs share one name, so what arrives is a list for each column. Rows are added, moved and taken away by
buttons that send the form; a script does the same without sending it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from appliance.callcenter.forms import Field, Number, Problem, Values, phrase

EDIT = "rows"
"""Name of the buttons; their values are `<field>:<up|down|remove|add>:<row>`."""

type Row = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Rows(Field):
    """`build` makes an item of the draft from what was read of a row (or raises Problem), `parts` is the way back."""

    kind: ClassVar[str] = "rows"
    required: bool = False
    wide: bool = True
    columns: tuple[Field, ...]
    build: Callable[[Mapping[str, Any]], Any]
    parts: Callable[[Any], Mapping[str, Any]]
    key: str
    """The column without which a row counts as empty."""
    unique: bool = True
    most: int = 20
    blank: int = 1
    """Empty rows that are shown at the end."""

    def input_name(self, column: Field) -> str:
        return f"{self.name}-{column.name}"

    def rows_of(self, values: Values) -> list[Row]:
        """What was typed, row by row."""
        given = {column.name: values.get(self.input_name(column), ()) for column in self.columns}
        count = min(max(map(len, given.values()), default=0), self.most + self.blank)
        return [
            {name: (texts[place] if place < len(texts) else "") for name, texts in given.items()}
            for place in range(count)
        ]

    def take(self, values: Values) -> tuple[Any, ...]:
        made: list[Any] = []
        keys: set[str] = set()
        filled = (row for row in self.rows_of(values) if row[self.key].strip())
        for line, row in enumerate(filled, 1):
            if self.unique and row[self.key] in keys:
                raise Problem(phrase("This is there twice"), line=line)
            keys.add(row[self.key])
            made.append(self._made(row, line))
        return tuple(made)

    def _made(self, row: Row, line: int) -> Any:
        try:
            return self.build({column.name: column.read([row[column.name]]) for column in self.columns})
        except Problem as problem:
            raise Problem(problem.message, problem.arguments, line) from problem

    def shown_rows(self, items: Sequence[Any]) -> list[Row]:
        """Stored items as what stands in the inputs, with an empty row to add another."""
        rows = [
            {name: "" if value is None else str(value) for name, value in self.parts(item).items()} for item in items
        ]
        return self.with_blank(rows)

    def with_blank(self, rows: list[Row]) -> list[Row]:
        filled = [row for row in rows if row[self.key].strip()]
        empty = {column.name: str(column.default) if isinstance(column, Number) else "" for column in self.columns}
        missing = self.blank if len(filled) < self.most else 0
        return [*filled, *(dict(empty) for _ in range(missing))]

    def edited(self, rows: list[Row], action: str, place: int) -> list[Row]:
        """The rows after a button was pressed."""
        rows = list(rows)
        if place < len(rows) and action == "remove":
            del rows[place]
        other = {"up": place - 1, "down": place + 1}.get(action, -1)
        if 0 <= other < len(rows) and place < len(rows):
            rows[place], rows[other] = rows[other], rows[place]
        return rows


def press(fields: Sequence[Field], values: Values, pressed: str) -> dict[str, Sequence[str]]:
    """What the form holds after the button `pressed`; unchanged when there is no such button."""
    changed = dict(values)
    found = re.fullmatch(r"(\w+):(up|down|remove|add):([0-9]{1,3})", pressed)
    for field in fields:
        if isinstance(field, Rows) and found is not None and field.name == found[1]:
            rows = field.edited(field.rows_of(values), found[2], int(found[3]))
            for column in field.columns:
                changed[field.input_name(column)] = [row[column.name] for row in rows]
    return changed
