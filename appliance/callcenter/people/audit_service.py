"""Reading the audit log, and writing lines that belong to no other transaction."""

from dataclasses import dataclass

from appliance.callcenter.listing import Listing, Results
from appliance.callcenter.people import audit
from appliance.callcenter.people.model import AuditEntry, Author
from appliance.clock import Millis
from appliance.db import Sessions


@dataclass(frozen=True)
class AuditQuery:
    since: Millis
    until: Millis
    action: str = ""


class AuditService:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def note(self, author: Author, action: str, kind: str, subject: int | str, detail: str = "") -> None:
        async with self._sessions() as session, session.begin():
            audit.note(session, author, action, kind, subject, detail)

    async def find(self, query: AuditQuery, listing: Listing) -> Results[AuditEntry]:
        """Newest first."""
        async with self._sessions() as session, session.begin():
            return await audit.find(session, query.since, query.until, query.action, listing)
