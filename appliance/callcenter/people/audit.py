"""The audit log: every change, and every look at a patient or a recording."""

from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.people.model import Author
from appliance.callcenter.people.tables import AuditRow

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
