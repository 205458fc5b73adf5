"""What a verb is: one thing a person (or a program for a person) may ask of call control.

A verb's module feeds the desktop's socket, the manager's seat, WebCTI, the audit log, the OpenAPI description and the
manual: labels and sentences in both languages stand in the `Verb`, those of each argument in its type:

    number: Annotated[str, told("要拨打的号码", "the number to dial")]
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import msgspec

from appliance import clock
from appliance.callcenter.acd.model import OCCUPIED, Agent, AgentState
from appliance.callcenter.calls.model import Call
from appliance.callcenter.control.actor import Actor
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.people.audit import DETAIL_LENGTH
from appliance.callcenter.people.tables import AuditRow
from appliance.db import Sessions
from appliance.errors import ForbiddenError, InvalidError, WrongStateError

type Document = dict[str, Any]

WEBCTI = "webcti"
"""The channel of actors who are programs."""


class NotAnAgentError(ForbiddenError):
    code, zh, en = "not-an-agent", "当前账号不是坐席", "This account is not an agent"


class NoArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For verbs that need none."""


class NoAnswer(msgspec.Struct, frozen=True):
    """For verbs that answer nothing but that it is done."""


class Offer(StrEnum):
    """What a program must be allowed, for an agent, to use a verb over WebCTI; `OWN_PAGES` is not offered there."""

    AGENT = "agent"
    DIAL = "dial"
    OWN_PAGES = ""


def told(zh: str, en: str, *, example: object = None, secret: bool = False) -> msgspec.Meta:
    """Describes an argument for manuals. A `secret` one (keyed digits, notes) is not written to the audit log."""
    extra: dict[str, Any] = {"x-description-zh": zh}
    if secret:
        extra["x-secret"] = True
    return msgspec.Meta(description=en, examples=None if example is None else [example], extra_json_schema=extra)


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
    """`permission` is checked by the web front; `text` and `text_zh` are the sentences of the manual."""

    name: str
    zh: str
    en: str
    text: str
    arguments: type[Arguments]
    run: Callable[[Request, Arguments], Awaitable[Document | None]]
    permission: str = "desk.use"
    text_zh: str = ""
    answer: type[msgspec.Struct] = NoAnswer
    """What is answered; for the manual, `run` returns it as a dict."""
    offer: Offer = Offer.AGENT
    """Only verbs with the permission `desk.use` are offered over WebCTI at all."""
    audited: bool = False
    """Leave a line in the audit log whoever asks; what programs ask over WebCTI always leaves one."""

    @property
    def offered(self) -> bool:
        """Whether programs may use it over WebCTI."""
        return self.offer is not Offer.OWN_PAGES and self.permission == "desk.use"

    async def perform(self, request: Request, arguments: Document) -> Document:
        """Check `arguments` and do it. Raises UserError."""
        try:
            checked = msgspec.convert(arguments, self.arguments)
        except msgspec.ValidationError as error:
            raise InvalidError(str(error)) from error
        answer = await self.run(request, checked) or {}
        if self.audited or request.actor.channel == WEBCTI:
            self._note(request, checked)
        return answer

    def _note(self, request: Request, arguments: Arguments) -> None:
        """One line for the audit log, stored with the next batch of the live state."""
        actor = request.actor
        known = request.floor.directory.agents.get(actor.agent_id or 0)
        request.floor.journal.add(
            AuditRow,
            {
                "at": clock.now_ms(),
                "user_id": None if actor.channel == WEBCTI else actor.user_id,
                "login": actor.login,
                "address": actor.address,
                "action": "verb",
                "subject_kind": "agent" if known else "",
                "subject_id": known.number if known else "",
                "detail": f"{self.zh} {self.en}{self._spoken(arguments)}"[:DETAIL_LENGTH],
            },
        )

    def _spoken(self, arguments: Arguments) -> str:
        """The arguments as an auditor may read them."""
        given = {
            name: value
            for name, value in msgspec.structs.asdict(arguments).items()
            if value is not None and value != ""
        }
        hidden = secret_fields(self.arguments)
        words = [f"{name}: {'…' if name in hidden else value}" for name, value in given.items()]
        return f" ({', '.join(words)})" if words else ""


@cache
def secret_fields(kind: type[msgspec.Struct]) -> frozenset[str]:
    """Arguments that must not be written down."""
    properties = msgspec.json.schema_components([kind])[1].get(kind.__name__, {}).get("properties", {})
    return frozenset(name for name, schema in properties.items() if schema.get("x-secret"))
