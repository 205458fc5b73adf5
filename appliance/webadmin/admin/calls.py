"""Finished calls: the list, one call with its time line, and its recordings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from appliance.callcenter.calls.search_model import CallQuery, CallSummary
from appliance.callcenter.calls.search_service import CallSearchService
from appliance.callcenter.forms import phrase
from appliance.callcenter.listing import EVERYTHING, Listing
from appliance.callcenter.people.agent_service import AgentService
from appliance.callcenter.queues.service import QueueService
from appliance.callcenter.work_orders.forms import TYPE_WORDS
from appliance.webadmin.admin import period, show
from appliance.webadmin.admin.files import send_file
from appliance.webadmin.admin.interventions import ENDED, WHAT, shown_to
from appliance.webadmin.admin.navigation import (
    DIRECTIONS,
    HUNG_UP_BY,
    OUTCOMES,
    RATING_FILTERS,
    RATINGS,
    RESULTS,
    SEGMENT_RESULTS,
    SEGMENTS,
    WAYS,
    ending,
)
from appliance.webadmin.admin.page import Page
from appliance.webadmin.admin.records import Column
from appliance.webadmin.admin.timeline import timeline
from appliance.webadmin.permissions import Permission, needs

COLUMNS = (
    Column(phrase("Started"), "started"),
    Column(phrase("Number"), "remote"),
    Column(phrase("Patient")),
    Column(phrase("Queue")),
    Column(phrase("Agent")),
    Column(phrase("Waited"), "wait"),
    Column(phrase("Talked"), "talk"),
    Column(phrase("How it ended")),
    Column(phrase("Wrap-up")),
    Column(phrase("Recording"), narrow=True),
)
HEADER = (
    phrase("Started"),
    phrase("Direction"),
    phrase("Caller"),
    phrase("Called"),
    phrase("Patient"),
    phrase("Queue"),
    phrase("Agent"),
    phrase("Agent number"),
    phrase("Waited (s)"),
    phrase("Talked (s)"),
    phrase("How it ended"),
    phrase("Business type"),
    phrase("Outcome"),
    phrase("Rating"),
)


@dataclass(frozen=True)
class CallServices:
    calls: CallSearchService
    agents: AgentService
    queues: QueueService


class CallPage(Page):
    access = needs(Permission.CALLS_VIEW, Permission.CALLS_VIEW_OWN)

    def initialize(self, services: CallServices) -> None:
        self.calls = services.calls
        self.agents = services.agents
        self.queues = services.queues

    def only_agent(self, everything: Permission) -> int | None:
        """The agent to whose calls the viewer is restricted; 0 matches none."""
        if self.may(everything):
            return None
        return self.person.agent_id or 0


class CallList(CallPage):
    columns = COLUMNS

    def _period(self) -> period.Period:
        zone = show.zone(self.hospital.time_zone)
        today = datetime.now(zone).date()
        return period.read(self.word("period"), self.word("from"), self.word("to"), zone, today=today)

    def _query(self, chosen: period.Period) -> CallQuery:
        return CallQuery(
            since=chosen.since,
            until=chosen.until,
            number=self.word("number", 32),
            patient=self.word("patient", 64),
            patient_id=self.whole("patient_id"),
            agent_id=self.whole("agent"),
            queue_id=self.whole("queue"),
            outcome=self.word("outcome") if self.word("outcome") in OUTCOMES else "",
            direction=self.word("direction") if self.word("direction") in DIRECTIONS else "",
            rating=self.word("rating") if self.word("rating") in RATING_FILTERS else "",
            only_agent_id=self.only_agent(Permission.CALLS_VIEW),
        )

    async def get(self) -> None:
        chosen = self._period()
        query, listing = self._query(chosen), self.listing()
        if self.word("format") == "csv":
            await self._export(query, listing)
            return
        await self.render(
            "calls.html",
            title=self.locale.translate("Calls"),
            chosen=chosen,
            usual=period.USUAL,
            results=await self.calls.find(query, listing),
            totals=await self.calls.totals(query),
            agents=(await self.agents.find(EVERYTHING)).rows,
            queues=(await self.queues.find(EVERYTHING)).rows,
            directions=DIRECTIONS,
            outcomes=OUTCOMES,
            ending=ending,
            ratings=RATINGS,
            rating_filters=RATING_FILTERS,
            business_types=TYPE_WORDS,
            results_words=RESULTS,
        )

    async def _export(self, query: CallQuery, listing: Listing) -> None:
        every = Listing(sort=listing.sort, descending=listing.descending, size=EVERYTHING.size)
        found = await self.calls.export(query, every, self.author)
        await self.send_csv("calls", HEADER, (self._cells(call) for call in found.rows))

    def _cells(self, call: CallSummary) -> Sequence[object]:
        words = self.locale.translate
        return (
            self.when(call.started_at),
            words(DIRECTIONS.get(call.direction, call.direction)),
            call.caller,
            call.called,
            call.patient,
            call.queue,
            call.agent,
            call.agent_number,
            round(call.wait_ms / 1000),
            round(call.talk_ms / 1000),
            words(ending(call.outcome, call.hung_up_by)),
            words(TYPE_WORDS[call.business_type]) if call.business_type in TYPE_WORDS else "",
            words(RESULTS[call.result]) if call.result in RESULTS else "",
            call.rating or "",
        )


class CallDetailPage(CallPage):
    async def get(self, call_id: str) -> None:
        only = self.only_agent(Permission.CALLS_VIEW)
        detail = await self.calls.view(call_id, only, self.author)
        await self.render(
            "call.html",
            title=self.locale.translate("Call"),
            detail=detail,
            call=detail.call,
            picture=timeline(detail),
            interventions=shown_to(
                detail.interventions, everything=only is None, listening=self.hospital.agent_sees_supervision
            ),
            intervention_words=WHAT,
            intervention_ends=ENDED,
            directions=DIRECTIONS,
            ending=ending,
            ratings=RATINGS,
            rating_filters=RATING_FILTERS,
            segments=SEGMENTS,
            segment_results=SEGMENT_RESULTS,
            business_types=TYPE_WORDS,
            results_words=RESULTS,
            hung_up_by=HUNG_UP_BY,
            ways=WAYS,
            may_play=self.may(Permission.RECORDING_PLAY, Permission.RECORDING_PLAY_OWN),
        )


class RecordingFile(CallPage):
    """The sound, whole or in ranges. One line in the audit log for each time it is opened."""

    access = needs(Permission.RECORDING_PLAY, Permission.RECORDING_PLAY_OWN)
    json_only: ClassVar[bool] = True

    async def get(self, call_id: str, recording_id: str) -> None:
        only = self.only_agent(Permission.RECORDING_PLAY)
        download = self.word("download") == "1"
        recording, path = await self.calls.recording(
            call_id,
            recording_id,
            only,
            self.author,
            action="download" if download else "listen" if self._is_first_range() else "",
        )
        await send_file(self, path, "audio/wav", f"{recording.id}.wav" if download else None)

    async def head(self, call_id: str, recording_id: str) -> None:
        await self.get(call_id, recording_id)

    def _is_first_range(self) -> bool:
        """Players fetch a sound piece by piece; only the first piece is somebody beginning to listen."""
        wanted = self.request.headers.get("Range", "")
        return not wanted or wanted.replace(" ", "").startswith("bytes=0-")


def routes(calls: CallSearchService, agents: AgentService, queues: QueueService) -> list[Any]:
    given = {"services": CallServices(calls, agents, queues)}
    return [
        (r"/calls", CallList, given),
        (r"/calls/([0-9A-Za-z-]{1,40})", CallDetailPage, given),
        (r"/calls/([0-9A-Za-z-]{1,40})/recording/([0-9A-Za-z-]{1,60})", RecordingFile, given),
    ]
