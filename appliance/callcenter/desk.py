"""Call control as the web sees it: state to look at, verbs to ask for."""

import logging

from sqlalchemy.exc import SQLAlchemyError

from appliance import clock
from appliance.callcenter.control.actor import Actor
from appliance.callcenter.control.floor import Change, Floor
from appliance.callcenter.control.showing import view
from appliance.callcenter.supervision.service import WallboardService
from appliance.callcenter.verbs.catalogue import BY_NAME
from appliance.callcenter.verbs.verb import Document, Request
from appliance.db import Sessions
from appliance.errors import NotFoundError
from appliance.events import Publisher

log = logging.getLogger(__name__)


class Desk:
    """One per program; checks of role and session are done by the web front before."""

    def __init__(self, floor: Floor, sessions: Sessions) -> None:
        self._floor = floor
        self._sessions = sessions
        self._walls = WallboardService(sessions)

    @property
    def changes(self) -> Publisher[Change]:
        return self._floor.changes

    def viewer_snapshot(self, actor: Actor) -> Document:
        """What `actor` may see right now (see `view.snapshot`)."""
        self._floor.flush()
        return view.snapshot(self._floor, actor)

    def page_heard(self, agent: int, page: object) -> None:
        """The agent's desktop `page` has been opened, or is still alive."""
        self._floor.page_heard(agent, page)

    def page_closed(self, agent: int, page: object) -> None:
        self._floor.pages.closed(agent, page, clock.now_ms())

    async def wall_allowed(self, token: str) -> bool | None:
        """Whether a wallboard may show the figures; None while the database does not answer."""
        try:
            return await self._walls.find(token) is not None
        except (SQLAlchemyError, OSError) as error:
            log.warning("link of a wallboard not looked up: %s", error)
            return None

    def wall_document(self) -> Document:
        """What a wallboard shows: figures, nobody's name or number."""
        return view.wall(self._floor)

    async def perform(self, actor: Actor, verb: str, arguments: Document) -> Document:
        """Carry out one wish. Raises UserError."""
        known = BY_NAME.get(verb)
        if known is None:
            raise NotFoundError(verb[:32])
        return await known.perform(Request(self._floor, self._sessions, actor), arguments)
