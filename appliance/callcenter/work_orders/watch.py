"""Tells agents on their desktops what happens with work orders; the pages are another program."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sqlalchemy.exc import SQLAlchemyError

from appliance.callcenter.work_orders import store
from appliance.callcenter.work_orders.model import OrderNews
from appliance.db import Sessions

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
MOST = 100

_TO_CREATOR = {
    "answer": ("{department}已回复工单 #{id}", "{department} replied to work order #{id}"),
    "pass_on": ("工单 #{id} 已转办到{department}", "Work order #{id} was passed on to {department}"),
    "close": ("工单 #{id} 已办结", "Work order #{id} is finished"),
    "accept": ("{department}已受理工单 #{id}", "{department} accepted work order #{id}"),
}
_TO_DEPARTMENT = {
    "create": ("{department}有新工单 #{id}", "New work order #{id} for {department}"),
    "pass_on": ("工单 #{id} 转到{department}", "Work order #{id} was passed on to {department}"),
    "remind": ("请尽快处理工单 #{id}", "Please see to work order #{id}"),
    "reopen": ("工单 #{id} 已重新打开", "Work order #{id} was opened again"),
}

type Publish = Callable[[dict[str, Any], list[int] | None], None]


class Person(Protocol):
    """An agent of the directory."""

    @property
    def id(self) -> int: ...
    @property
    def user_id(self) -> int: ...
    @property
    def language(self) -> str: ...


def messages(news: OrderNews, agents: Mapping[int, Person]) -> list[tuple[int, str]]:
    """(agent id, text) for everybody who is told; nobody is told of what they did themselves."""
    told: dict[int, tuple[str, str]] = {}
    if news.action in _TO_DEPARTMENT:
        told |= dict.fromkeys(news.members, _TO_DEPARTMENT[news.action])
    if news.action in _TO_CREATOR and news.created_by is not None:
        told[news.created_by] = _TO_CREATOR[news.action]
    return [
        (agent.id, told[agent.user_id][agent.language == "en"].format(id=news.order_id, department=news.department))
        for agent in agents.values()
        if agent.user_id in told and agent.user_id != news.by
    ]


class OrderWatch:
    """Looks for new steps once a second; what happened while the program was away is seen in the lists."""

    name = "work orders"

    def __init__(self, sessions: Sessions, agents: Callable[[], Mapping[int, Person]], publish: Publish) -> None:
        self._sessions = sessions
        self._agents = agents
        self._publish = publish
        self._last = 0

    async def open(self) -> None:
        async with self._sessions() as session:
            self._last = await store.last_step(session)

    async def run(self) -> None:
        complained = False
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._look()
                complained = False
            except (SQLAlchemyError, OSError) as error:
                if not complained:
                    log.warning("work orders not read: %s", error)
                complained = True

    async def close(self) -> None:
        """Nothing is kept."""

    async def _look(self) -> None:
        async with self._sessions() as session:
            found = await store.news(session, self._last, MOST)
        for news in found:
            self._last = news.id
            for agent, text in messages(news, self._agents()):
                self._publish({"notice": {"level": "info", "text": text, "order": news.order_id}}, [agent])
