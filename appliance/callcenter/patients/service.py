"""Patients: finding, looking at, changing. Every look and every change leaves a line in the audit log."""

from appliance.callcenter.listing import Listing, Results
from appliance.callcenter.patients import store
from appliance.callcenter.patients.model import Patient, PatientDraft, PatientQuery
from appliance.callcenter.people import audit
from appliance.callcenter.people.model import Author
from appliance.db import Sessions

KIND = "patient"


class PatientService:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def find(self, query: PatientQuery, listing: Listing) -> Results[Patient]:
        async with self._sessions() as session, session.begin():
            return await store.find(session, query, listing)

    async def export(self, query: PatientQuery, listing: Listing, author: Author) -> Results[Patient]:
        """Like `find`; that somebody took the list away is written down."""
        async with self._sessions() as session, session.begin():
            found = await store.find(session, query, listing)
            audit.note(session, author, "export", KIND, "", f"{len(found.rows)}: {query}")
            return found

    async def departments(self) -> list[str]:
        async with self._sessions() as session, session.begin():
            return await store.departments(session)

    async def view(self, patient_id: int, author: Author) -> Patient:
        """The whole record, for somebody's eyes."""
        async with self._sessions() as session, session.begin():
            patient = await store.get(session, patient_id)
            audit.note(session, author, "view", KIND, patient_id, patient.name)
            return patient

    async def count_calls(self, patient_id: int) -> int:
        async with self._sessions() as session, session.begin():
            return await store.count_calls(session, patient_id)

    async def create(self, draft: PatientDraft, author: Author) -> Patient:
        async with self._sessions() as session, session.begin():
            patient_id = await store.insert(session, draft)
            audit.note(session, author, "create", KIND, patient_id, draft.name)
            return await store.get(session, patient_id)

    async def change(self, patient_id: int, version: int, draft: PatientDraft, author: Author) -> None:
        """Raises StaleError when somebody changed the record since `version` was read."""
        async with self._sessions() as session, session.begin():
            before = await store.get(session, patient_id)
            await store.replace(session, patient_id, version, draft)
            audit.note(session, author, "change", KIND, patient_id, changed_fields(before, draft))

    async def delete(self, patient_id: int, version: int, author: Author) -> None:
        """The calls stay, without a patient. Raises StaleError."""
        async with self._sessions() as session, session.begin():
            before = await store.get(session, patient_id)
            await store.remove(session, patient_id, version)
            audit.note(session, author, "delete", KIND, patient_id, before.name)


def changed_fields(before: Patient, draft: PatientDraft) -> str:
    """Names of the fields that differ. Contents of a health record do not belong into a log."""
    names = PatientDraft.__dataclass_fields__
    return ", ".join(name for name in names if getattr(before, name) != getattr(draft, name))
