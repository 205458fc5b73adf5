"""Who is calling: patients by the number they call from."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.calls.model import PatientBrief
from appliance.callcenter.patients.tables import PatientPhoneRow, PatientRow
from appliance.text import lookup_number

COLUMNS = (
    PatientRow.id,
    PatientRow.name,
    PatientRow.sex,
    PatientRow.birth_date,
    PatientRow.vip,
    PatientRow.department,
    PatientRow.card_number,
)

MOST = 20
"""More patients than this on one number (a ward's telephone) are not listed."""


async def by_number(session: AsyncSession, number: str) -> list[PatientBrief]:
    """Patients who have `number`, VIPs first."""
    lookup = lookup_number(number)
    if not lookup:
        return []
    rows = await session.execute(
        select(*COLUMNS, PatientPhoneRow.relation)
        .join(PatientPhoneRow, PatientPhoneRow.patient_id == PatientRow.id)
        .where(PatientPhoneRow.lookup == lookup)
        .order_by(PatientRow.vip.desc(), PatientRow.id)
        .limit(MOST)
    )
    found = {row.id: _brief(row, row.relation) for row in rows.all()}
    return list(found.values())


async def by_id(session: AsyncSession, patient_id: int) -> PatientBrief | None:
    row = (await session.execute(select(*COLUMNS).where(PatientRow.id == patient_id))).one_or_none()
    return _brief(row) if row is not None else None


def _brief(row: Any, relation: str = "") -> PatientBrief:
    return PatientBrief(row.id, row.name, row.sex, row.birth_date, row.vip, row.department, relation, row.card_number)
