"""The pair's past: fail-overs with their time lines, and the monthly test."""

from typing import Any

from appliance import clock
from appliance.callcenter import forms
from appliance.callcenter.forms import Flag, Number, Text, phrase
from appliance.callcenter.pair.history_service import PairHistory
from appliance.callcenter.pair.monthly import TestPlan, next_window
from appliance.errors import UserError
from appliance.webadmin.admin import cluster_words, show
from appliance.webadmin.admin.cluster_picture import ladder
from appliance.webadmin.admin.page import Page
from appliance.webadmin.permissions import Permission, needs

MANAGE = needs(Permission.CLUSTER_MANAGE)
FIELDS = (
    Flag(
        name="enabled",
        label=phrase("Test the fail-over every month"),
        help=phrase("It switches over once, for good: the box that was the standby goes on serving"),
    ),
    Number(name="day", label=phrase("Day of the month"), low=1, high=28, help=phrase("At most 28: every month has it")),
    Text(
        name="start",
        label=phrase("From (time of day)"),
        pattern=r"([01][0-9]|2[0-3]):[0-5][0-9]",
        pattern_message=phrase("A time of day such as 02:00"),
    ),
    Number(
        name="minutes",
        label=phrase("For so long (minutes)"),
        low=10,
        high=480,
        help=phrase("It begins as soon as the pair is redundant and nobody talks; else it is left out and says why"),
    ),
)


class FailoverList(Page):
    """Every change of who served, newest first; the agents' own memory ends after 50."""

    access = MANAGE

    def initialize(self, history: PairHistory) -> None:
        self._history = history

    async def get(self) -> None:
        results = await self._history.failovers(self.listing())
        if self.wants_json():
            self.send_json({"total": results.total, "rows": [failover_document(one) for one in results.rows]})
            return
        causes = cluster_words.causes(self.locale.code)
        title = self.locale.translate("History of fail-overs")
        await self.render("cluster_failovers.html", title=title, results=results, causes=causes)


class FailoverPage(Page):
    access = MANAGE

    def initialize(self, history: PairHistory) -> None:
        self._history = history

    async def get(self, failover_id: str) -> None:
        one = await self._history.failover(failover_id)
        if self.wants_json():
            self.send_json(failover_document(one))
            return
        await self.render(
            "cluster_failover.html",
            title=self.locale.translate("Fail-over"),
            one=one,
            cause=cluster_words.causes(self.locale.code)[one.cause],
            picture=ladder(one.points()),
            points=cluster_words.POINTS,
        )


class TestPage(Page):
    __test__ = False  # pytest
    access = MANAGE

    def initialize(self, history: PairHistory) -> None:
        self._history = history

    async def get(self) -> None:
        await self._show(None, {})

    async def post(self) -> None:
        try:
            await self._history.save_plan(forms.read(FIELDS, self.values(), TestPlan), self.author)
        except UserError as error:
            if self.wants_json():
                raise
            self.set_status(error.status)
            await self._show(self.values(), self.form_problems(error))
            return
        self.done("saved", "/cluster/test")

    async def _show(self, given: dict[str, list[str]] | None, problems: dict[str, str]) -> None:
        state = await self._history.test_state()
        where = show.zone(self.hospital.time_zone)
        latest = state.tests[0] if state.tests else None
        await self.render(
            "cluster_test.html",
            title=self.locale.translate("Monthly test fail-over"),
            fields=FIELDS,
            shown=lambda field: (
                given.get(field.name, [""])[-1] if given is not None else field.show(getattr(state.plan, field.name))
            ),
            problems=problems,
            state=state,
            following=next_window(state.plan, clock.now_ms(), where, latest) if state.plan.enabled else None,
            results=cluster_words.RESULTS,
            advice=lambda reason: cluster_words.advice(reason, self.locale.code),
        )


def failover_document(one: Any) -> dict[str, Any]:
    """For programs."""
    return {
        "id": one.id,
        "epoch": one.epoch,
        "node": one.node,
        "cause": one.cause.value,
        "at": one.at,
        "began_at": one.began_at,
        "gap_ms": one.gap_ms,
        "first_call_at": one.first_call_at,
        "points": [{"point": point.value, "after_ms": after} for point, after in one.points()],
    }


def routes(history: PairHistory) -> list[Any]:
    given = {"history": history}
    return [
        (r"/cluster/failovers", FailoverList, given),
        (r"/cluster/failovers/([0-9]{10,17}-[a-z][a-z0-9-]{0,30})", FailoverPage, given),
        (r"/cluster/test", TestPage, given),
    ]
