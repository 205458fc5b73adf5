"""Administering the blacklist: one by one, from a file, and what agents propose."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.blacklist import forms, store
from appliance.callcenter.blacklist.model import Action, Entry, EntryDraft, Kind
from appliance.callcenter.blacklist.rules import caller_key, would_stop
from appliance.callcenter.blacklist.store import BlacklistStore
from appliance.callcenter.blacklist.tables import BlacklistRow
from appliance.callcenter.forms import FormError, Problem, phrase
from appliance.callcenter.people import audit
from appliance.callcenter.people.model import Author
from appliance.callcenter.records import RecordService
from appliance.db import Sessions
from appliance.errors import InvalidError
from appliance.pbx.numbers import EMERGENCY

FILE_LINES = 10_000
SHORT_PREFIX = 4
"""A beginning shorter than this stops very many people."""

COLUMNS = ("kind", "number", "action", "expires_on", "reason")


class NotATableError(InvalidError):
    code, zh, en = "not-a-table", "文件不是 UTF-8 或 GBK 编码的 CSV 表格", "The file is not a CSV table in UTF-8 or GBK"


@dataclass(frozen=True)
class Refused:
    """A line of a file that was not taken."""

    line: int
    number: str
    problem: Problem


@dataclass(frozen=True)
class Imported:
    added: int
    changed: int
    refused: tuple[Refused, ...]


class BlacklistService(RecordService[Entry, EntryDraft]):
    kind: ClassVar[str] = "blacklist"
    hidden: ClassVar[frozenset[str]] = frozenset({"sure"})

    def __init__(self, sessions: Sessions) -> None:
        super().__init__(sessions, BlacklistStore())

    async def create(self, draft: EntryDraft, author: Author) -> int:
        async with self._sessions() as session, session.begin():
            await self.check(session, draft, None)
            record_id = await self._insert(session, draft, author)
            await self._changed(session, author, "create", record_id, self._words(None, draft))
            return record_id

    async def _insert(self, session: AsyncSession, draft: EntryDraft, author: Author) -> int:
        values = self._store.values(draft)
        row = BlacklistRow(**values, added_by=author.login, added_at=clock.now_ms())
        session.add(row)
        await session.flush()
        await store.finish(session, row.id, draft)
        return row.id

    async def after_change(self, session: AsyncSession, before: Entry, draft: EntryDraft) -> None:
        await store.finish(session, before.id, draft)

    async def check(self, session: AsyncSession, draft: EntryDraft, record_id: int | None) -> None:
        key = caller_key(draft.number)
        same = await store.find_key(session, draft.kind, key)
        if same is not None and same.id != record_id:
            raise FormError.of("number", "This is already in use")
        if not draft.sure:
            warn(Kind(draft.kind), key, dict(await store.vip_numbers(session)))

    async def propose(self, number: str, reason: str, author: Author) -> bool:
        """An agent wants `number` stopped; False when it is listed or proposed already."""
        key = caller_key(number)
        kind = Kind.NUMBER if key else Kind.HIDDEN
        async with self._sessions() as session, session.begin():
            if await store.find_key(session, kind, key) is not None:
                return False
            row = BlacklistRow(
                kind=kind,
                number=number[:32],
                key=key[:32],
                action=Action.MESSAGE,
                reason=reason[:200],
                proposed=True,
                added_by=author.login,
                added_at=clock.now_ms(),
            )
            session.add(row)
            await session.flush()
            audit.note(session, author, "propose", self.kind, row.id, f"number: {number}; reason: {reason}")
        return True

    # -- files -----------------------------------------------------------------------------------

    async def load_file(self, content: bytes, author: Author, *, sure: bool) -> Imported:
        """Add what the file has and change what is there already; lines at fault are left out and named.

        Raises NotATableError, FormError.
        """
        rows = read_table(content)
        fresh: list[bool] = []
        refused = []
        async with self._sessions() as session, session.begin():
            names = {} if sure else dict(await store.vip_numbers(session))
            for number, values in rows:
                try:
                    draft = forms.read(values)
                    if not sure:
                        warn(Kind(draft.kind), caller_key(draft.number), names)
                except FormError as error:
                    problem = next(iter(error.problems.values()))
                    refused.append(Refused(number, values["number"][0][:32], problem))
                else:
                    fresh.append(await self._take(session, draft, author))
            done = Imported(sum(fresh), len(fresh) - sum(fresh), tuple(refused))
            detail = f"added: {done.added}; changed: {done.changed}; refused: {len(refused)}"
            await self._changed(session, author, "import", "", detail)
        return done

    async def _take(self, session: AsyncSession, draft: EntryDraft, author: Author) -> bool:
        """Store one line; whether it is new."""
        same = await store.find_key(session, draft.kind, caller_key(draft.number))
        if same is None:
            await self._insert(session, draft, author)
            return True
        await self._store.update(session, same.id, draft)
        await store.finish(session, same.id, draft)
        return False


def warn(kind: Kind, key: str, names: Mapping[str, str]) -> None:
    """Raises FormError when more is stopped than one would think (`names`: VIPs by their numbers).

    Ticking «also if» lets it pass.
    """
    emergency = would_stop(kind, key, sorted(EMERGENCY))
    if emergency:
        raise FormError.of("sure", phrase("This stops the emergency number %(number)s"), number=emergency[0])
    vips = would_stop(kind, key, names)
    if vips:
        raise FormError.of(
            "sure",
            phrase("This stops %(count)s VIP numbers, such as %(vip)s %(number)s"),
            count=len(vips),
            vip=names[vips[0]],
            number=vips[0],
        )
    if kind is Kind.PREFIX and len(key) < SHORT_PREFIX:
        raise FormError.of("sure", phrase("Very many numbers begin so"))


def read_table(content: bytes) -> list[tuple[int, dict[str, list[str]]]]:
    """(line, form values) of a table whose first column is the number; a heading may name and order the columns.

    Raises NotATableError, FormError.
    """
    lines = [line for line in enumerate(csv.reader(io.StringIO(_decoded(content))), 1) if any(map(str.strip, line[1]))]
    if len(lines) > FILE_LINES:
        raise FormError.of("file", phrase("At most %(limit)s lines"), limit=FILE_LINES)
    names = _heading(lines[0][1]) if lines else None
    if names is not None:
        lines = lines[1:]
    return [(number, _values(row, names or ("number", "reason"))) for number, row in lines]


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gbk"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise NotATableError


HEADINGS = {
    "类型": "kind",
    "限制对象": "kind",
    "号码": "number",
    "号码或号段": "number",
    "处理方式": "action",
    "有效期至": "expires_on",
    "原因": "reason",
    "who is stopped": "kind",
    "number or beginning": "number",
    "what happens": "action",
    "until and including": "expires_on",
}


def _heading(cells: Sequence[str]) -> tuple[str, ...] | None:
    names = tuple(HEADINGS.get(cell.strip().lower(), cell.strip().lower()) for cell in cells)
    return names if "number" in names else None


def _values(row: Sequence[str], names: Sequence[str]) -> dict[str, list[str]]:
    """Form values of a line; what it does not say: one number, told that it is not served."""
    cells = {name: cell.strip().lstrip("'") for name, cell in zip(names, row, strict=False)}
    usual = {"kind": "number", "action": "message", "reason": "导入", "number": "", "expires_on": ""}
    known = {name: cells.get(name) or default for name, default in usual.items()}
    number = known["number"]
    if number.endswith("*") and known["kind"] == "number":
        known |= {"kind": "prefix", "number": number.rstrip("*")}
    return {name: [value] for name, value in known.items()}
