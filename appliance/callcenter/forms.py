"""Forms as data: fields know how to read what people typed; pages draw them; services get typed drafts."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

import msgspec

from appliance import text
from appliance.errors import InvalidError

type Values = Mapping[str, Sequence[str]]
"""What arrived from the browser: for each field the values given."""

ONE_LINE = re.compile(r"[^\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]*")
"""No control characters, and none that turn the direction of writing round."""

MANY_LINES = re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]*")


def phrase(message: str) -> str:
    """Marks a message id for the translators; pages translate it when they show it."""
    return message


class Problem(Exception):  # noqa: N818 - it is shown beside a field, not reported
    """What is wrong with one field: a message id and what to fill into it; `line` is the row's, from 1, in a table."""

    def __init__(self, message: str, arguments: Mapping[str, object] | None = None, line: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.arguments = arguments or {}
        self.line = line


class FormError(InvalidError):
    """One or more fields are wrong; `problems` is keyed by field name, "" for the form as a whole."""

    def __init__(self, problems: Mapping[str, Problem]) -> None:
        super().__init__(field=next(iter(problems), None))
        self.problems = dict(problems)

    @classmethod
    def of(cls, name: str, message: str, **arguments: object) -> FormError:
        return cls({name: Problem(message, arguments)})


@dataclass(frozen=True, kw_only=True)
class Field:
    """One input. `name` is also the attribute of the draft."""

    kind: ClassVar[str] = "text"

    name: str
    label: str
    help: str = ""
    required: bool = True
    group: str = ""
    """A heading before this field."""
    wide: bool = False
    secret: bool = False
    """Neither shown again nor written to the audit log."""

    def read(self, given: Sequence[str]) -> Any:
        """The value for the draft. Raises Problem."""
        raise NotImplementedError

    def take(self, values: Values) -> Any:
        """The value out of everything that was sent. Raises Problem."""
        return self.read(values.get(self.name, ()))

    def show(self, value: Any) -> str:
        """What stands in the input for `value`."""
        return "" if value is None or self.secret else str(value)


def single(given: Sequence[str]) -> str:
    return given[-1].strip() if given else ""


@dataclass(frozen=True, kw_only=True)
class Text(Field):
    longest: int = 64
    lines: int = 1
    pattern: str = ""
    pattern_message: str = phrase("This has the wrong form")

    def read(self, given: Sequence[str]) -> str:
        value = self.tidy(single(given))
        if not value:
            if self.required:
                raise Problem(phrase("Please fill this in"))
            return ""
        if len(value) > self.longest:
            raise Problem(phrase("At most %(limit)s characters"), {"limit": self.longest})
        if (MANY_LINES if self.lines > 1 else ONE_LINE).fullmatch(value) is None:
            raise Problem(phrase("This contains characters that are not allowed"))
        if self.pattern and re.fullmatch(self.pattern, value) is None:
            raise Problem(self.pattern_message)
        return value

    def tidy(self, value: str) -> str:
        return value.replace("\r\n", "\n") if self.lines > 1 else value


@dataclass(frozen=True, kw_only=True)
class Password(Text):
    """Blanks at its ends belong to it."""

    kind: ClassVar[str] = "password"
    secret: bool = True
    longest: int = 128

    def read(self, given: Sequence[str]) -> str:
        value = given[-1] if given else ""
        if not value and self.required:
            raise Problem(phrase("Please fill this in"))
        if len(value) > self.longest:
            raise Problem(phrase("At most %(limit)s characters"), {"limit": self.longest})
        return value


@dataclass(frozen=True, kw_only=True)
class Telephone(Text):
    """A number that may be dialled; blanks, dashes and brackets are taken out."""

    kind: ClassVar[str] = "tel"
    longest: int = 32

    def tidy(self, value: str) -> str:
        return text.tidy_number(value)

    def read(self, given: Sequence[str]) -> str:
        value = super().read(given)
        if value and not text.is_dialable(value):
            raise Problem(phrase("Only digits, * # and + are possible here"))
        return value


@dataclass(frozen=True, kw_only=True)
class Number(Field):
    kind: ClassVar[str] = "number"
    low: int = 0
    high: int = 1_000_000
    default: int = 0

    def read(self, given: Sequence[str]) -> int:
        value = single(given)
        if re.fullmatch(r"-?[0-9]{1,9}", value) is None:
            raise Problem(phrase("Please enter a whole number"))
        number = int(value)
        if not self.low <= number <= self.high:
            raise Problem(phrase("Between %(low)s and %(high)s"), {"low": self.low, "high": self.high})
        return number


@dataclass(frozen=True, kw_only=True)
class Choice(Field):
    """One of a fixed few."""

    kind: ClassVar[str] = "select"
    options: tuple[tuple[str, str], ...]

    def read(self, given: Sequence[str]) -> str:
        value = single(given)
        if value not in {key for key, _ in self.options}:
            raise Problem(phrase("Please choose one"))
        return value


@dataclass(frozen=True, kw_only=True)
class Reference(Field):
    """Another record, by its id; the page brings the choices."""

    kind: ClassVar[str] = "reference"

    def read(self, given: Sequence[str]) -> int | None:
        value = single(given)
        if not value:
            if self.required:
                raise Problem(phrase("Please choose one"))
            return None
        if re.fullmatch(r"[0-9]{1,18}", value) is None:
            raise Problem(phrase("Please choose one"))
        return int(value)


@dataclass(frozen=True, kw_only=True)
class References(Field):
    """Any number of other records."""

    kind: ClassVar[str] = "references"
    required: bool = False
    wide: bool = True

    def read(self, given: Sequence[str]) -> tuple[int, ...]:
        if len(given) > 1000 or any(re.fullmatch(r"[0-9]{1,18}", value) is None for value in given):
            raise Problem(phrase("Please choose one"))
        return tuple(sorted({int(value) for value in given}))


@dataclass(frozen=True, kw_only=True)
class Choices(Field):
    """Any number of a fixed few, in their own order."""

    kind: ClassVar[str] = "choices"
    options: tuple[tuple[str, str], ...]
    required: bool = False
    wide: bool = True

    def read(self, given: Sequence[str]) -> tuple[str, ...]:
        known = [key for key, _ in self.options]
        if not {*given} <= {*known}:
            raise Problem(phrase("Please choose one"))
        return tuple(key for key in known if key in given)


@dataclass(frozen=True, kw_only=True)
class Flag(Field):
    kind: ClassVar[str] = "flag"
    required: bool = False

    def read(self, given: Sequence[str]) -> bool:
        return single(given) == "1"


@dataclass(frozen=True, kw_only=True)
class Day(Field):
    """A date, ISO 8601."""

    kind: ClassVar[str] = "date"

    def read(self, given: Sequence[str]) -> str:
        value = single(given)
        if not value:
            if self.required:
                raise Problem(phrase("Please fill this in"))
            return ""
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            raise Problem(phrase("Please enter a date such as 1980-01-31")) from None


def collect(fields: Iterable[Field], values: Values) -> tuple[dict[str, Any], dict[str, Problem]]:
    """What could be read, and what is wrong with the rest, both by field name."""
    known: dict[str, Any] = {}
    problems: dict[str, Problem] = {}
    for one in fields:
        try:
            known[one.name] = one.take(values)
        except Problem as problem:
            problems[one.name] = problem
    return known, problems


def read[D](fields: Iterable[Field], values: Values, draft: type[D]) -> D:
    """A draft of the given dataclass. Raises FormError with every field at fault."""
    known, problems = collect(fields, values)
    if problems:
        raise FormError(problems)
    return msgspec.convert(known, draft)
