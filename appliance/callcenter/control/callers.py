"""Who is calling: patients by the number they call from."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.calls.model import PatientBrief
from appliance.callcenter.patients.tables import PatientPhoneRow, PatientRow
from appliance.text import lookup_number

MOST = 20
"""More patients than this on one number (a ward's telephone) are not listed."""


async def by_number(session: AsyncSession, number: str) -> list[PatientBrief]:
    """Patients who have `number`, VIPs first."""
    lookup = lookup_number(number)
    if not lookup:
        return []
    rows = await session.execute(
        select(PatientRow, PatientPhoneRow.relation)
        .join(PatientPhoneRow, PatientPhoneRow.patient_id == PatientRow.id)
        .where(PatientPhoneRow.lookup == lookup)
        .order_by(PatientRow.vip.desc(), PatientRow.id)
        .limit(MOST)
    )
    found = {row.id: brief(row, relation) for row, relation in rows.all()}
    return list(found.values())


async def by_id(session: AsyncSession, patient_id: int) -> PatientBrief | None:
    row = await session.get(PatientRow, patient_id)
    return brief(row) if row is not None else None


def brief(row: PatientRow, relation: str = "") -> PatientBrief:
    return PatientBrief(row.id, row.name, row.sex, row.birth_date, row.vip, row.department, relation, row.card_number)
