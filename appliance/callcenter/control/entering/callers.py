"""Who is calling: patients by the number they call from."""

from typing import Any

from sqlalchemy import Connection, bindparam, select

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


# Built once: each call that comes in asks the same.
_BY_NUMBER = (
    select(*COLUMNS, PatientPhoneRow.relation)
    .join(PatientPhoneRow, PatientPhoneRow.patient_id == PatientRow.id)
    .where(PatientPhoneRow.lookup == bindparam("number"))
    .order_by(PatientRow.vip.desc(), PatientRow.id)
    .limit(MOST)
)
_BY_ID = select(*COLUMNS).where(PatientRow.id == bindparam("key"))


def by_number(connection: Connection, number: str) -> list[PatientBrief]:
    """Patients who have `number`, VIPs first."""
    lookup = lookup_number(number)
    if not lookup:
        return []
    rows = connection.execute(_BY_NUMBER, {"number": lookup})
    found = {row.id: _brief(row, row.relation) for row in rows}
    return list(found.values())


def by_id(connection: Connection, patient_id: int) -> PatientBrief | None:
    row = connection.execute(_BY_ID, {"key": patient_id}).one_or_none()
    return _brief(row) if row is not None else None


def _brief(row: Any, relation: str = "") -> PatientBrief:
    return PatientBrief(row.id, row.name, row.sex, row.birth_date, row.vip, row.department, relation, row.card_number)
