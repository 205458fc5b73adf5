"""The pair's history and its monthly test, for pages."""

from dataclasses import dataclass

from appliance import clock
from appliance.callcenter.listing import Listing, Results
from appliance.callcenter.pair import store
from appliance.callcenter.pair.failovers import Failover
from appliance.callcenter.pair.monthly import PairTest, TestPlan
from appliance.callcenter.people import audit
from appliance.callcenter.people.model import Author
from appliance.db import Sessions
from appliance.errors import NotFoundError

TESTS_SHOWN = 24


@dataclass(frozen=True)
class TestState:
    """What the page of the monthly test shows."""

    __test__ = False  # pytest

    plan: TestPlan
    tests: tuple[PairTest, ...]


class PairHistory:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def failovers(self, listing: Listing) -> Results[Failover]:
        """Newest first."""
        async with self._sessions() as session:
            return await store.failovers(session, listing)

    async def failover(self, failover_id: str) -> Failover:
        """Raises NotFoundError."""
        async with self._sessions() as session:
            found = await store.failover(session, failover_id)
        if found is None:
            raise NotFoundError
        return found

    async def test_state(self) -> TestState:
        async with self._sessions() as session:
            return TestState(await store.plan(session), await store.tests(session, TESTS_SHOWN))

    async def save_plan(self, wanted: TestPlan, author: Author) -> None:
        async with self._sessions() as session, session.begin():
            before = await store.plan(session)
            wanted = TestPlan(wanted.enabled, wanted.day, wanted.start, wanted.minutes, _since(before, wanted))
            if wanted != before:
                await store.save_plan(session, wanted)
                words = f"{wanted.day}. {wanted.start}, {wanted.minutes} min" if wanted.enabled else "off"
                audit.note(session, author, "change", "cluster-test", "", words)


def _since(before: TestPlan, wanted: TestPlan) -> clock.Millis:
    same = (before.enabled, before.day, before.start) == (wanted.enabled, wanted.day, wanted.start)
    return before.since if same else clock.now_ms()
