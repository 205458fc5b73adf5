"""Callbacks and missed calls for pages: finding, exporting, striking off."""

from appliance import clock
from appliance.callcenter.callbacks import finding
from appliance.callcenter.callbacks.listing import CallbackEntry, CallbackQuery
from appliance.callcenter.forms import FormError
from appliance.callcenter.listing import EVERYTHING, Listing, Results
from appliance.callcenter.people import audit
from appliance.callcenter.people.model import Author
from appliance.db import Sessions
from appliance.errors import ConflictError

LONGEST_REASON = 200


class NotWaitingError(ConflictError):
    code = "callback-not-waiting"
    zh, en = "该记录已关闭或正在回拨", "This is closed already, or the patient is being called right now"


class CallbackService:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def find(self, wanted: CallbackQuery, listing: Listing) -> Results[CallbackEntry]:
        async with self._sessions() as session, session.begin():
            return await finding.find(session, wanted, listing)

    async def export(self, wanted: CallbackQuery, listing: Listing, author: Author) -> Results[CallbackEntry]:
        every = Listing(listing.text, listing.sort, listing.descending, size=EVERYTHING.size)
        async with self._sessions() as session, session.begin():
            found = await finding.find(session, wanted, every)
            audit.note(session, author, "export", "callbacks", "", f"{len(found.rows)}")
            return found

    async def get(self, callback_id: str) -> CallbackEntry:
        """Raises NotFoundError."""
        async with self._sessions() as session, session.begin():
            return await finding.get(session, callback_id)

    async def drop(self, callback_id: str, reason: str, author: Author) -> None:
        """Strike it off. Call control notices within a second. Raises FormError, NotFoundError, NotWaitingError."""
        note = " ".join(reason.split())
        if not note:
            raise FormError.of("reason", "Please fill this in")
        if len(note) > LONGEST_REASON:
            raise FormError.of("reason", "At most %(limit)s characters", limit=LONGEST_REASON)
        async with self._sessions() as session, session.begin():
            await finding.get(session, callback_id)
            if not await finding.drop(session, callback_id, note, author.login, clock.now_ms()):
                raise NotWaitingError
            audit.note(session, author, "drop", "callback", callback_id, note)

    async def open_for_agent(self, agent_id: int | None, listing: Listing) -> Results[CallbackEntry]:
        """What is owed in the queues this agent serves, oldest first; None = in all queues."""
        async with self._sessions() as session, session.begin():
            queues = await finding.queues_of(session, agent_id) if agent_id is not None else None
            return await finding.find(session, CallbackQuery(queue_ids=queues, state="open"), listing)
