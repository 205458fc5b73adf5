"""Where people land: the overview, and the pages that hold the live islands."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from appliance import clock
from appliance.callcenter.call_limits.service import ConditionService
from appliance.callcenter.calls.search_model import CallQuery
from appliance.callcenter.calls.search_service import CallSearchService
from appliance.callcenter.listing import Listing
from appliance.callcenter.records import RecordService
from appliance.config import ListenConfig
from appliance.webadmin.admin import show
from appliance.webadmin.admin.navigation import DIRECTIONS, ending
from appliance.webadmin.admin.page import Page
from appliance.webadmin.permissions import SIGNED_IN, Permission, needs

PROBE_SECONDS = 1.0
PROBE_KEPT_MS = 4000


class HomePage(Page):
    """Sends everybody to where their work is."""

    access = SIGNED_IN

    async def get(self) -> None:
        self.redirect(self.home(), status=303)


class DesktopPage(Page):
    access = needs(Permission.DESK_USE)

    async def get(self) -> None:
        await self.render("desktop.html", title=self.locale.translate("Agent desktop"))


class BoardPage(Page):
    access = needs(Permission.BOARD_VIEW)

    async def get(self) -> None:
        manages = self.may(Permission.BOARD_MANAGE)
        await self.render("board.html", title=self.locale.translate("Live board"), manages=manages)


class DashboardPage(Page):
    """Today in figures, and what a new box still lacks."""

    access = needs(Permission.SETTINGS_MANAGE)

    def initialize(self, calls: CallSearchService, records: Mapping[str, RecordService[Any, Any]]) -> None:
        self._calls = calls
        self._records = records

    async def get(self) -> None:
        where = show.zone(self.hospital.time_zone)
        midnight = datetime.now(where).replace(hour=0, minute=0, second=0, microsecond=0)
        since = clock.from_datetime(midnight)
        query = CallQuery(since, clock.from_datetime(midnight + timedelta(days=1)))
        counts = {path: (await records.find(Listing(size=1))).total for path, records in self._records.items()}
        await self.render(
            "dashboard.html",
            title=self.locale.translate("Overview"),
            totals=await self._calls.totals(query),
            recent=await self._calls.find(query, Listing(size=8)),
            counts=counts,
            directions=DIRECTIONS,
            ending=ending,
        )


class Probe:
    """Whether something listens at an address; asked at most every few seconds however many pages want to know."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._answer = False
        self._until = 0

    async def alive(self) -> bool:
        now = clock.now_ms()
        if now >= self._until:
            self._until = now + PROBE_KEPT_MS
            self._answer = await self._try()
        return self._answer

    async def _try(self) -> bool:
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                _, writer = await asyncio.open_connection(self._host, self._port)
        except OSError, TimeoutError:
            return False
        writer.close()
        return True


class StatusJson(Page):
    """For the lamp and the alarms at the top of every page."""

    access = SIGNED_IN
    open_before_password_change = True
    json_only = True

    def initialize(self, desk: Probe, pbx: Probe, conditions: ConditionService) -> None:
        self._conditions = conditions
        self._desk = desk
        self._pbx = pbx

    def counts_as_activity(self) -> bool:
        return False

    async def get(self) -> None:
        present = await self._conditions.present() if self.may(Permission.CONDITIONS_VIEW) else []
        alarms = [one.text(self.locale.code) for one in present]
        self.send_json({"desk": await self._desk.alive(), "pbx": await self._pbx.alive(), "alarms": alarms})


def routes(
    calls: CallSearchService,
    records: Mapping[str, RecordService[Any, Any]],
    conditions: ConditionService,
    desk: ListenConfig,
    pbx_port: int,
) -> list[Any]:
    probes: dict[str, Any] = {"desk": Probe(desk.address, desk.port), "pbx": Probe("127.0.0.1", pbx_port)}
    return [
        (r"/", HomePage),
        (r"/desktop", DesktopPage),
        (r"/board", BoardPage),
        (r"/dashboard", DashboardPage, {"calls": calls, "records": records}),
        (r"/status\.json", StatusJson, probes | {"conditions": conditions}),
    ]
