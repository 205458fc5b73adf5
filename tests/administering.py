"""Changing a running box through its own pages, like an administrator does."""

import contextlib
from collections.abc import AsyncIterator

from tornado.httpclient import HTTPResponse

from appliance.webadmin.sessions import COOKIE
from tests.admin_site import Visitor, text
from tests.center import TOKEN, Center


def visitor(center: Center, login: str = "admin") -> Visitor:
    return Visitor(f"https://{center.box.address}", {COOKIE: f"{TOKEN}-{login}"})


@contextlib.asynccontextmanager
async def taking_effect(center: Center) -> AsyncIterator[None]:
    """Changes made inside are known to call control behind it: the boards get a new picture then."""
    revisions = "SELECT revision FROM configuration_revision"
    yield
    (wanted,) = center.query(revisions)
    async with center.desk("manager", page="board") as board:
        await board.until(lambda: board.revision >= wanted["revision"], 5, "the change is known")


async def administer(center: Center, path: str, fields: dict[str, str], login: str = "admin") -> HTTPResponse:
    """Send the form and return when call control knows the change."""
    async with taking_effect(center):
        answer = await visitor(center, login).post(path, dict(fields))
        assert answer.code == 303, text(answer)
    return answer
