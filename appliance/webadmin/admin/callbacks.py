"""Callbacks and missed calls: the list, striking off, and what the agents' desktops show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from appliance.callcenter.callbacks.listing import STATES, CallbackEntry, CallbackQuery
from appliance.callcenter.callbacks.service import CallbackService
from appliance.callcenter.forms import phrase
from appliance.callcenter.listing import EVERYTHING, Listing
from appliance.callcenter.queues.service import QueueService
from appliance.errors import UserError
from appliance.webadmin.admin import period, show
from appliance.webadmin.admin.navigation import OUTCOMES
from appliance.webadmin.admin.page import Page
from appliance.webadmin.admin.records import Column
from appliance.webadmin.permissions import Permission, needs

DESKTOP_ROWS = 100

KINDS = {"callback": phrase("Callback"), "missed": phrase("Missed call")}
STATE_WORDS = {
    "open": phrase("Open"),
    "waiting": phrase("Waiting"),
    "dialling": phrase("Being called"),
    "done": phrase("Done"),
    "cancelled": phrase("Cancelled"),
    "expired": phrase("Expired"),
    "failed": phrase("Not reached"),
}
REASONS = {
    "reached": phrase("called back"),
    "called_again": phrase("called again"),
    "declined": phrase("patient did not want the talk"),
    "by_hand": phrase("struck off"),
    "too_old": phrase("too old"),
    "not_reached": phrase("tried as often as the queue allows"),
    "not-allowed": phrase("such numbers may not be called"),
    "night": phrase("no outside calls at this hour"),
    "limit": phrase("the limit of outside calls is reached"),
    "blocked": phrase("the agent's outside calls are stopped"),
}
CAUSES = {
    "cut": phrase("cut off by a fault of the telephone system"),
    "failover": phrase("cut off when the other box took over"),
}
RESULTS = OUTCOMES | {"cut": phrase("Cut off"), "not-rung": phrase("Not dialled"), "declined": phrase("Declined")}
COLUMNS = (
    Column(phrase("Since"), "since"),
    Column(phrase("Kind")),
    Column(phrase("Number"), "number"),
    Column(phrase("Patient")),
    Column(phrase("Queue"), "queue"),
    Column(phrase("State")),
    Column(phrase("Attempts"), "attempts"),
    Column(phrase("Last tried by")),
    Column(phrase("Closed"), "closed"),
    Column(phrase("Strike off"), narrow=True),
)
HEADER = (
    phrase("Since"),
    phrase("Kind"),
    phrase("Cause"),
    phrase("Number"),
    phrase("Patient"),
    phrase("Queue"),
    phrase("State"),
    phrase("Reason"),
    phrase("Calls lost"),
    phrase("Attempts"),
    phrase("Last tried by"),
    phrase("Closed"),
    phrase("Note"),
)


@dataclass(frozen=True)
class CallbackServices:
    callbacks: CallbackService
    queues: QueueService


class CallbackPage(Page):
    access = needs(Permission.CALLBACKS_MANAGE)

    def initialize(self, services: CallbackServices) -> None:
        self.callbacks = services.callbacks
        self.queues = services.queues


class CallbackList(CallbackPage):
    columns = COLUMNS

    def _period(self) -> period.Period:
        zone = show.zone(self.hospital.time_zone)
        today = datetime.now(zone).date()
        return period.read(self.word("period"), self.word("from"), self.word("to"), zone, today=today)

    def _query(self, chosen: period.Period) -> CallbackQuery:
        queue = self.whole("queue")
        return CallbackQuery(
            queue_ids=(queue,) if queue is not None else None,
            state=self.word("state") if self.word("state") in STATES else "",
            kind=self.word("kind") if self.word("kind") in KINDS else "",
            since=chosen.since,
            until=chosen.until,
        )

    async def get(self) -> None:
        chosen = self._period()
        query, listing = self._query(chosen), self.listing()
        if self.word("format") == "csv":
            found = await self.callbacks.export(query, listing, self.author)
            await self.send_csv("callbacks", HEADER, (self._cells(entry) for entry in found.rows))
            return
        await self.render(
            "callbacks.html",
            title=self.locale.translate("Callbacks and missed calls"),
            chosen=chosen,
            usual=period.USUAL,
            results=await self.callbacks.find(query, listing),
            queues=(await self.queues.find(EVERYTHING)).rows,
            kinds=KINDS,
            states=STATE_WORDS,
            reasons=REASONS,
            causes=CAUSES,
            outcomes=RESULTS,
        )

    def _cells(self, entry: CallbackEntry) -> Sequence[object]:
        words, ticket = self.locale.translate, entry.ticket
        return (
            self.when(ticket.since),
            words(KINDS[ticket.kind]),
            words(CAUSES[ticket.cause]) if ticket.cause else "",
            ticket.number,
            entry.patient,
            entry.queue,
            words(STATE_WORDS[ticket.state]),
            words(REASONS[ticket.reason]) if ticket.reason else "",
            ticket.calls,
            ticket.attempts,
            f"{entry.agent} {entry.agent_number}".strip(),
            self.when(ticket.closed_at) if ticket.closed_at is not None else "",
            ticket.note,
        )


class CallbackDrop(CallbackPage):
    """Asks for the reason, then strikes it off."""

    async def get(self, callback_id: str) -> None:
        await self._ask(callback_id)

    async def post(self, callback_id: str) -> None:
        try:
            await self.callbacks.drop(callback_id, self.get_body_argument("reason", ""), self.author)
        except UserError as error:
            if error.status == 404:
                raise
            self.set_status(error.status)
            await self._ask(callback_id, "; ".join(self.form_problems(error).values()))
            return
        self.done("saved", "/callbacks")

    async def _ask(self, callback_id: str, problem: str = "") -> None:
        await self.render(
            "callback_drop.html",
            title=self.locale.translate("Strike off"),
            entry=await self.callbacks.get(callback_id),
            given=self.get_body_argument("reason", "") if self.request.method == "POST" else "",
            problem=problem,
            kinds=KINDS,
        )


class OwedJson(Page):
    """What an agent may call back: open entries of her queues, who waits longest first; managers see all queues."""

    access = needs(Permission.DESK_USE)
    json_only: ClassVar[bool] = True

    def initialize(self, services: CallbackServices) -> None:
        self.callbacks = services.callbacks

    def counts_as_activity(self) -> bool:
        return False

    async def get(self) -> None:
        agent = None if self.may(Permission.CALLBACKS_MANAGE) else (self.person.agent_id or 0)
        listing = Listing(text=self.word("q"), size=DESKTOP_ROWS)
        found = await self.callbacks.open_for_agent(agent, listing)
        self.send_json({"total": found.total, "rows": [_owed(entry) for entry in found.rows]})


def _owed(entry: CallbackEntry) -> dict[str, Any]:
    ticket = entry.ticket
    return {
        "id": ticket.id,
        "kind": ticket.kind.value,
        "state": ticket.state.value,
        "number": ticket.number,
        "queue": entry.queue,
        "since": ticket.since,
        "calls": ticket.calls,
        "attempts": ticket.attempts,
        "last_result": entry.last_result,
        "reason": ticket.reason,
        "cause": ticket.cause.value,
        "agent": entry.agent,
        "patient": entry.patient,
        "vip": entry.vip,
    }


def routes(callbacks: CallbackService, queues: QueueService) -> list[Any]:
    given = {"services": CallbackServices(callbacks, queues)}
    return [
        (r"/callbacks", CallbackList, given),
        (r"/callbacks/open\.json", OwedJson, given),
        (r"/callbacks/([0-9a-z]{1,32})/drop", CallbackDrop, given),
    ]
