"""The audit log: every change, and every look at a patient or a recording."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.listing import Listing, Results, containing, fetch
from appliance.callcenter.people.model import AuditEntry, Author
from appliance.callcenter.people.tables import AuditRow
from appliance.clock import Millis

DETAIL_LENGTH = 2000


def note(
    session: AsyncSession, author: Author, action: str, kind: str, subject: int | str = "", detail: str = ""
) -> None:
    """Add one line in the caller's transaction, so that what happened and its line stand or fall together."""
    session.add(
        AuditRow(
            at=clock.now_ms(),
            user_id=author.user_id,
            login=author.login,
            address=author.address,
            action=action,
            subject_kind=kind,
            subject_id=str(subject),
            detail=detail[:DETAIL_LENGTH],
        )
    )


async def find(
    session: AsyncSession, since: Millis, until: Millis, action: str, listing: Listing
) -> Results[AuditEntry]:
    """Lines of a stretch of time, newest first."""
    query = select(AuditRow).where(AuditRow.at >= since, AuditRow.at < until)
    if action:
        query = query.where(AuditRow.action == action)
    if listing.text.strip():
        columns = (AuditRow.login, AuditRow.subject_kind, AuditRow.subject_id, AuditRow.detail)
        query = query.where(containing(listing.text, *columns))
    rows, total = await fetch(session, query, listing, {}, AuditRow.at.desc(), AuditRow.id.desc())
    entries = tuple(
        AuditEntry(
            id=row.id,
            at=row.at,
            login=row.login,
            address=row.address,
            action=row.action,
            subject_kind=row.subject_kind,
            subject_id=row.subject_id,
            detail=row.detail,
        )
        for (row,) in rows
    )
    return Results(entries, total, listing)
