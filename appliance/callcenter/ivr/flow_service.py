"""Flows for people to look at, and publishing them."""

from appliance.callcenter.ivr import flow_store
from appliance.callcenter.ivr.flow_store import FlowSummary
from appliance.callcenter.ivr.model import Flow, check
from appliance.callcenter.people import audit
from appliance.callcenter.people.model import Author
from appliance.callcenter.settings.store import bump_revision
from appliance.db import Sessions


class FlowService:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def summaries(self) -> tuple[FlowSummary, ...]:
        async with self._sessions() as session, session.begin():
            return await flow_store.summaries(session)

    async def published(self, flow_id: int) -> tuple[FlowSummary, Flow | None]:
        """Raises NotFoundError, FlowError."""
        async with self._sessions() as session, session.begin():
            return await flow_store.published(session, flow_id)

    async def publish(self, flow: Flow, note: str, author: Author) -> int:
        """Make `flow` the next version of the flow of its name. Raises FlowError."""
        check(flow)
        async with self._sessions() as session, session.begin():
            flow_id = await flow_store.publish(session, flow, note=note, by=author.login)
            audit.note(session, author, "publish", "flow", flow_id, note)
            await bump_revision(session)
            return flow_id
