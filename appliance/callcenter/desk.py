"""Call control as the web sees it: state to look at, verbs to ask for."""

from appliance import clock
from appliance.callcenter.control import view
from appliance.callcenter.control.actor import Actor
from appliance.callcenter.control.floor import Change, Floor
from appliance.callcenter.verbs.catalogue import BY_NAME
from appliance.callcenter.verbs.verb import Document, Request
from appliance.db import Sessions
from appliance.errors import NotFoundError
from appliance.events import Publisher


class Desk:
    """One per program; checks of role and session are done by the web front before."""

    def __init__(self, floor: Floor, sessions: Sessions) -> None:
        self._floor = floor
        self._sessions = sessions

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

    async def perform(self, actor: Actor, verb: str, arguments: Document) -> Document:
        """Carry out one wish. Raises UserError."""
        known = BY_NAME.get(verb)
        if known is None:
            raise NotFoundError(verb[:32])
        return await known.perform(Request(self._floor, self._sessions, actor), arguments)
