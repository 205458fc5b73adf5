"""A part of `admin` on the active box: keeps the history, runs the monthly test, raises alarms."""

import asyncio
import logging
from collections.abc import Mapping
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from appliance import clock, conditions
from appliance.callcenter.pair import alarms, monthly, store
from appliance.callcenter.pair.failovers import Failover
from appliance.callcenter.pair.model import Pair
from appliance.callcenter.pair.monthly import PairTest, Result
from appliance.callcenter.pair.service import PairService, WishRefusedError
from appliance.callcenter.people.model import Author
from appliance.callcenter.settings import store as settings
from appliance.clock import Millis
from appliance.db import Sessions
from appliance.ha import wording
from appliance.ha.decision.readiness import NotReady

log = logging.getLogger(__name__)

KIND = "pair"
"""Of the conditions."""
SCHEDULE = Author(None, "monthly-test")
LOOK_SECONDS = 3.0
FIRST_CALL_MS = 86_400_000
"""How long after a fail-over its first call is looked for."""


def _raise(session: Session, subject: str, texts: tuple[str, str], now: Millis) -> None:
    conditions.raise_condition(session.connection(), KIND, subject, *texts, now)


class PairWatch:
    """On a box that stands alone it finds nothing to do."""

    name = "pair watch"

    def __init__(self, pair: PairService, sessions: Sessions) -> None:
        self._pair = pair
        self._sessions = sessions
        self._kept: tuple[Failover, ...] = ()
        self._seen: Mapping[NotReady, Millis] = {}
        self._raised: frozenset[NotReady] = frozenset()

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def run(self) -> None:
        while True:
            try:
                await self.look()
            except (DBAPIError, OSError) as error:
                log.info("the pair's history waits for the database: %s", error)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        pair = await self._pair.look()
        if pair is None:
            return
        now = clock.now_ms()
        async with self._sessions() as session, session.begin():
            await self._keep_history(session, pair, now)
            await self._tell_alarms(session, pair, now)
        if pair.active is not None and pair.active.here:
            await self._test(pair, now)

    async def _keep_history(self, session: AsyncSession, pair: Pair, now: Millis) -> None:
        found = pair.failovers
        if found and found != self._kept:
            await store.keep(session, found)
            self._kept = found
        await store.note_first_call(session, now - FIRST_CALL_MS)

    async def _tell_alarms(self, session: AsyncSession, pair: Pair, now: Millis) -> None:
        self._seen = alarms.first_seen(self._seen, pair.reasons, now)
        for one in await conditions.present(session, KIND):
            if one.subject not in {reason.name.lower() for reason in self._seen}:
                await conditions.clear_subject(session, KIND, one.subject, now)
        lasting = alarms.lasting(self._seen, now)
        for reason in sorted(lasting - self._raised):
            what, do = wording.ADVICE[reason]
            log.info("the pair is not redundant: %s", what.en)
            texts = (f"双机不冗余：{what.zh}。{do.zh}", f"The pair is not redundant: {what.en}. {do.en}")
            add = partial(_raise, subject=reason.name.lower(), texts=texts, now=now)
            await session.run_sync(add)
        self._raised = lasting

    # -- the monthly test ------------------------------------------------------------------------------

    async def _test(self, pair: Pair, now: Millis) -> None:
        async with self._sessions() as session, session.begin():
            latest = await store.latest_test(session)
            if latest is not None and latest.result is Result.RUNNING:
                told = monthly.judge(latest, pair, next(iter(pair.failovers), None), now)
            else:
                where = ZoneInfo((await settings.load(session)).time_zone)
                told = monthly.begin(await store.plan(session), pair, latest, now, where)
            if told is not None:
                await store.save_test(session, told)
        if told is None:
            return
        log.info("monthly test %s: %s", told.month, told.result)
        if told.result is Result.RUNNING:
            await self._begin(told)

    async def _begin(self, test: PairTest) -> None:
        try:
            await self._pair.switch_over(SCHEDULE)
        except WishRefusedError as error:
            log.info("monthly test %s was refused: %s", test.month, error.en)
            pair = await self._pair.look()
            reasons = pair.reasons if pair is not None else ()
            async with self._sessions() as session, session.begin():
                await store.save_test(session, monthly.refused(test, reasons, clock.now_ms()))
