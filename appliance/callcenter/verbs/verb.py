"""What a verb is: one thing a person (or a program for a person) may ask of call control."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from appliance import clock
from appliance.callcenter.acd.model import OCCUPIED, Agent, AgentState
from appliance.callcenter.calls.model import Call
from appliance.callcenter.control.actor import Actor
from appliance.callcenter.control.floor import Floor
from appliance.db import Sessions
from appliance.errors import ForbiddenError, InvalidError, WrongStateError

type Document = dict[str, Any]


class NotAnAgentError(ForbiddenError):
    code, zh, en = "not-an-agent", "当前账号不是坐席", "This account is not an agent"


class NoArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For verbs that need none."""


@dataclass(frozen=True)
class Request:
    """One wish: who asks, and what call control needs to fulfil it."""

    floor: Floor
    sessions: Sessions
    actor: Actor

    @property
    def agent_id(self) -> int:
        """The agent who asks. Raises NotAnAgentError."""
        if self.actor.agent_id is None or self.actor.agent_id not in self.floor.directory.agents:
            raise NotAnAgentError
        return self.actor.agent_id

    @property
    def agent(self) -> Agent:
        return self.floor.agent(self.agent_id)

    def signed_in(self) -> Agent:
        """Raises WrongStateError when the agent is not signed in."""
        agent = self.agent
        if agent.state is AgentState.SIGNED_OUT:
            raise WrongStateError
        return agent

    def call(self) -> Call:
        """The agent's present call. Raises WrongStateError when she has none."""
        agent = self.signed_in()
        call = self.floor.calls.get(agent.call)
        if call is None or agent.state not in OCCUPIED:
            raise WrongStateError
        return call

    @staticmethod
    def now() -> clock.Millis:
        return clock.now_ms()


@dataclass(frozen=True)
class Verb[Arguments: msgspec.Struct]:
    """`permission` is checked by the web front; `zh`, `en` and `text` make labels, audit lines and documentation."""

    name: str
    zh: str
    en: str
    text: str
    arguments: type[Arguments]
    run: Callable[[Request, Arguments], Awaitable[Document | None]]
    permission: str = "desk.use"

    async def perform(self, request: Request, arguments: Document) -> Document:
        """Check `arguments` and do it. Raises UserError."""
        try:
            checked = msgspec.convert(arguments, self.arguments)
        except msgspec.ValidationError as error:
            raise InvalidError(str(error)) from error
        return await self.run(request, checked) or {}
