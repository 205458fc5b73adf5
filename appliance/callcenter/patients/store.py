"""Queries about patients."""

import dataclasses
import re
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.calls.tables import InteractionRow
from appliance.callcenter.listing import Listing, Results, fetch
from appliance.callcenter.patients.model import Patient, PatientDraft, PatientPhone, PatientQuery
from appliance.callcenter.patients.pinyin import pinyin, pinyin_initials
from appliance.callcenter.patients.tables import PatientPhoneRow, PatientRow
from appliance.errors import NotFoundError, StaleError
from appliance.text import is_dialable, lookup_number, tidy_number

SORTS = {
    "name": PatientRow.pinyin,
    "birth_date": PatientRow.birth_date,
    "department": PatientRow.department,
    "updated": PatientRow.updated_at,
}
_PLAIN = tuple(field.name for field in dataclasses.fields(PatientDraft) if field.name != "phones")
_FEWEST_DIGITS = 3
_SHORTEST_WITH_AREA_CODE = 10
MOST_WORDS = 5


def words_of(text: str) -> list[str]:
    """What must all match: the words, or the one number that was written with blanks in it."""
    if birth_day(text.strip()):
        return [text.strip()]
    number = tidy_number(text)
    return [number] if is_dialable(number) else text.split()[:MOST_WORDS]


def birth_day(word: str) -> str:
    """`19610314`, `1961-3-14` and the like as an ISO date; empty when it is none."""
    found = re.fullmatch(r"(\d{4})(\d{2})(\d{2})|(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?", word)
    if found is None:
        return ""
    year, month, day = (int(part) for part in found.groups() if part)
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""


def _digits_of(word: str) -> str:
    """Of a whole number as numbers are compared; the end of one (`000024`) keeps its zeros."""
    digits = lookup_number(word)
    area_code = word.startswith("0") and len(word) >= _SHORTEST_WITH_AREA_CODE
    only_zeros_gone = word.isascii() and word.isdigit() and word.lstrip("0") == digits
    return word if only_zeros_gone and not area_code else digits


def matching(word: str) -> ColumnElement[bool]:
    """A word may be a piece of the name, its pinyin or initials, or of one of the numbers."""
    digits = _digits_of(word)
    if len(digits) >= _FEWEST_DIGITS and len(digits) >= len(word) - 4:
        owners = select(PatientPhoneRow.patient_id).where(PatientPhoneRow.lookup.contains(digits))
        numbers = [
            PatientRow.id.in_(owners),
            PatientRow.identity_number.istartswith(word, autoescape=True),
            PatientRow.identity_number.iendswith(word, autoescape=True),
            PatientRow.card_number.icontains(word, autoescape=True),
        ]
        born = birth_day(word)
        return or_(*numbers, PatientRow.birth_date == born) if born else or_(*numbers)
    plain = word.lower()
    conditions = [
        PatientRow.name.icontains(word, autoescape=True),
        PatientRow.pinyin.startswith(plain, autoescape=True),
        PatientRow.initials.startswith(plain, autoescape=True),
    ]
    if any(sign.isdigit() for sign in word):
        conditions.append(PatientRow.card_number.icontains(word, autoescape=True))
    return or_(*conditions)


async def find(session: AsyncSession, wanted: PatientQuery, listing: Listing) -> Results[Patient]:
    query = select(PatientRow)
    for word in words_of(wanted.text):
        query = query.where(matching(word))
    if wanted.vip_only:
        query = query.where(PatientRow.vip)
    if wanted.department:
        query = query.where(PatientRow.department == wanted.department)
    rows, total = await fetch(session, query, listing, SORTS, PatientRow.updated_at.desc(), PatientRow.id)
    return Results(await _models(session, [row for (row,) in rows]), total, listing)


async def get(session: AsyncSession, patient_id: int) -> Patient:
    row = await session.get(PatientRow, patient_id)
    if row is None:
        raise NotFoundError
    return (await _models(session, [row]))[0]


async def departments(session: AsyncSession) -> list[str]:
    query = select(PatientRow.department).where(PatientRow.department != "").distinct()
    return list(await session.scalars(query.order_by(PatientRow.department)))


async def count_calls(session: AsyncSession, patient_id: int) -> int:
    query = select(func.count()).select_from(InteractionRow).where(InteractionRow.patient_id == patient_id)
    return await session.scalar(query) or 0


async def insert(session: AsyncSession, draft: PatientDraft) -> int:
    now = clock.now_ms()
    row = PatientRow(**_values(draft), created_at=now, updated_at=now)
    session.add(row)
    await session.flush()
    await _attach_phones(session, row.id, draft.phones)
    return row.id


async def replace(session: AsyncSession, patient_id: int, version: int, draft: PatientDraft) -> None:
    """Raises StaleError when the stored version is not `version`."""
    changed = await session.execute(
        update(PatientRow)
        .where(PatientRow.id == patient_id, PatientRow.version == version)
        .values(**_values(draft), version=version + 1, updated_at=clock.now_ms())
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise StaleError
    await session.execute(delete(PatientPhoneRow).where(PatientPhoneRow.patient_id == patient_id))
    await _attach_phones(session, patient_id, draft.phones)


async def remove(session: AsyncSession, patient_id: int, version: int) -> None:
    """Raises StaleError when the stored version is not `version`."""
    await session.execute(delete(PatientPhoneRow).where(PatientPhoneRow.patient_id == patient_id))
    gone = await session.execute(delete(PatientRow).where(PatientRow.id == patient_id, PatientRow.version == version))
    if gone.rowcount != 1:  # type: ignore[attr-defined]
        raise StaleError


def _values(draft: PatientDraft) -> dict[str, Any]:
    plain = {name: getattr(draft, name) for name in _PLAIN}
    return plain | {"pinyin": pinyin(draft.name)[:128], "initials": pinyin_initials(draft.name)[:32]}


async def _attach_phones(session: AsyncSession, patient_id: int, phones: tuple[PatientPhone, ...]) -> None:
    session.add_all(
        PatientPhoneRow(
            patient_id=patient_id,
            number=phone.number,
            lookup=lookup_number(phone.number),
            relation=phone.relation,
        )
        for phone in phones
    )
    await session.flush()


async def _models(session: AsyncSession, rows: list[PatientRow]) -> tuple[Patient, ...]:
    query = select(PatientPhoneRow).where(PatientPhoneRow.patient_id.in_([row.id for row in rows]))
    phones: dict[int, list[PatientPhone]] = {}
    for phone in await session.scalars(query.order_by(PatientPhoneRow.id)):
        phones.setdefault(phone.patient_id, []).append(PatientPhone(phone.number, phone.relation))
    return tuple(
        Patient(
            id=row.id,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            phones=tuple(phones.get(row.id, ())),
            **{name: getattr(row, name) for name in _PLAIN},
        )
        for row in rows
    )
