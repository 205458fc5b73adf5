"""Finding finished calls, and handing out recordings with a line in the audit log."""

from dataclasses import replace
from pathlib import Path

from appliance.callcenter.calls import search_store
from appliance.callcenter.calls.recordings import CUT
from appliance.callcenter.calls.search_model import CallDetail, CallQuery, CallRecording, CallSummary, CallTotals
from appliance.callcenter.listing import Listing, Results
from appliance.callcenter.people import audit
from appliance.callcenter.people.model import Author
from appliance.db import Sessions
from appliance.errors import NotFoundError

KIND = "call"


class CallSearchService:
    def __init__(self, sessions: Sessions, recordings: str) -> None:
        """`recordings` is the folder the recordings' files lie in."""
        self._sessions = sessions
        self._folder = Path(recordings)

    async def find(self, query: CallQuery, listing: Listing) -> Results[CallSummary]:
        async with self._sessions() as session, session.begin():
            return await search_store.find(session, query, listing)

    async def export(self, query: CallQuery, listing: Listing, author: Author) -> Results[CallSummary]:
        """Like `find`; that somebody took the list away is written down."""
        async with self._sessions() as session, session.begin():
            found = await search_store.find(session, query, listing)
            audit.note(session, author, "export", KIND, "", f"{len(found.rows)}: {query}")
            return found

    async def totals(self, query: CallQuery) -> CallTotals:
        async with self._sessions() as session, session.begin():
            return await search_store.totals(session, query)

    async def view(self, call_id: str, only_agent_id: int | None, author: Author) -> CallDetail:
        """One call with all that belongs to it. Raises NotFoundError."""
        async with self._sessions() as session, session.begin():
            detail = await search_store.detail(session, call_id, only_agent_id)
            audit.note(session, author, "view", KIND, call_id)
        here = tuple(self._as_here(one) for one in detail.recordings)
        return replace(detail, recordings=here)

    def _as_here(self, recording: CallRecording) -> CallRecording:
        """After a fail-over a file may lie on the other box only, and here at most what was saved of it."""
        if recording.status != "ready" or (self._folder / recording.file).is_file():
            return recording
        saved = (self._folder / recording.file).with_suffix(CUT).is_file()
        return replace(recording, salvaged=True) if saved else replace(recording, status="away")

    async def recording(
        self, call_id: str, recording_id: str, only_agent_id: int | None, author: Author, *, action: str
    ) -> tuple[CallRecording, Path]:
        """The recording and its file; `action` ("listen", "download") goes into the audit log, empty does not.

        Raises NotFoundError when there is no such recording, or it is not ready or lost.
        """
        async with self._sessions() as session, session.begin():
            detail = await search_store.detail(session, call_id, only_agent_id)
            found = [one for one in detail.recordings if one.id == recording_id and one.status == "ready"]
            if not found:
                raise NotFoundError
            if action:
                audit.note(session, author, action, "recording", recording_id)
        path = (self._folder / found[0].file).resolve()
        path = path if path.is_file() else path.with_suffix(CUT)
        if not path.is_relative_to(self._folder.resolve()) or not path.is_file():
            raise NotFoundError
        return found[0], path
