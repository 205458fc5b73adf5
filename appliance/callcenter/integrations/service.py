"""WebCTI as its web front sees it: verbs for agents, state, events, tokens, leases."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from appliance import clock
from appliance.callcenter.acd.model import AgentState
from appliance.callcenter.control.actor import Actor
from appliance.callcenter.control.directory import AgentEntry
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.desk import Desk
from appliance.callcenter.integrations import documents
from appliance.callcenter.integrations.errors import (
    AgentNotAllowedError,
    MissingScopeError,
    TooManyStreamsError,
    UnknownAgentError,
)
from appliance.callcenter.integrations.event_log import EventLog
from appliance.callcenter.integrations.keyring import KeyRing
from appliance.callcenter.integrations.leases import Leases
from appliance.callcenter.integrations.model import Caller, Document, Event, Filter, Lease, Scope, without_patients
from appliance.callcenter.integrations.pictures import Pictures
from appliance.callcenter.integrations.requests import Answer, Requests
from appliance.callcenter.integrations.share import Share
from appliance.callcenter.integrations.tokens import LONGEST_SECONDS, SHORTEST_SECONDS
from appliance.callcenter.verbs.catalogue import BY_NAME
from appliance.callcenter.verbs.verb import WEBCTI, Verb
from appliance.errors import InvalidError, NotFoundError, PbxUnavailableError, UserError, WrongStateError

VERB_SECONDS = 15.0
EVENTS_AT_ONCE = 500
STREAMS_OF_KEY, STREAMS_OF_TOKEN, STREAMS_AGAIN_SECONDS = 50, 5, 10


class NoLeaseError(WrongStateError):
    code, zh, en = "no-lease", "该坐席没有由此密钥签入", "This agent was not signed in with this key"


@dataclass(frozen=True)
class Wish:
    """What a program asks for an agent."""

    verb: str
    agent: str
    arguments: Mapping[str, Any]
    address: str
    request_id: str = ""


@dataclass(frozen=True)
class Missed:
    """Events behind a place in the log; `resync` when the place is too far back, then `seq` is where to go on."""

    events: list[Event]
    seq: int
    resync: bool = False


class WebCti:
    """Checks what a caller may, then asks call control. Nothing here waits while a call is being set up."""

    def __init__(
        self, floor: Floor, desk: Desk, keyring: KeyRing, log: EventLog, leases: Leases, requests: Requests
    ) -> None:
        self._floor = floor
        self._desk = desk
        self.keyring = keyring
        self._log = log
        self._leases = leases
        self._requests = requests
        self.share = Share()
        self.pictures = Pictures(self.state)
        self._listeners: Counter[tuple[int, str]] = Counter()
        """Open streams by key and, for tokens, agent."""

    # -- who may what ----------------------------------------------------------------------------

    @staticmethod
    def require(caller: Caller, *scopes: Scope) -> None:
        """Raises MissingScopeError."""
        for scope in scopes:
            if scope not in caller.scopes:
                raise MissingScopeError(scope.value)

    def _agent(self, caller: Caller, number: str) -> AgentEntry:
        wanted = number or caller.agent
        if not wanted:
            raise InvalidError(field="agent")
        if not caller.may_act_for(wanted):
            raise AgentNotAllowedError(wanted[:16])
        entry = next((one for one in self._floor.directory.agents.values() if one.number == wanted), None)
        if entry is None:
            raise UnknownAgentError(wanted[:16], field="agent")
        return entry

    # -- verbs -----------------------------------------------------------------------------------

    async def perform(self, caller: Caller, wish: Wish) -> Answer:
        """Do what is wished, once. Raises UserError."""
        verb = BY_NAME.get(wish.verb)
        if verb is None or not verb.offered:
            raise NotFoundError(wish.verb[:32])
        self.require(caller, Scope(verb.offer.value))
        agent = self._agent(caller, wish.agent)
        if not wish.request_id:
            return await self._do(caller, verb, agent, wish)
        content = {"verb": verb.name, "agent": agent.number, "arguments": dict(wish.arguments)}
        known = await self._requests.claim(caller.key.id, wish.request_id, content)
        if known is not None:
            return known
        try:
            answer = await self._do(caller, verb, agent, wish)
        except UserError:
            await self._requests.release(caller.key.id, wish.request_id)
            raise
        await self._requests.finish(caller.key.id, wish.request_id, answer)
        return answer

    async def _do(self, caller: Caller, verb: Verb[Any], agent: AgentEntry, wish: Wish) -> Answer:
        actor = Actor(agent.user_id, f"webcti:{caller.key.name}", "agent", agent.id, wish.address, WEBCTI)
        held = self._leases.of(agent.id)
        away = self._floor.agent(agent.id).state is AgentState.SIGNED_OUT
        try:
            async with asyncio.timeout(VERB_SECONDS):
                answer = await self._desk.perform(actor, verb.name, dict(wish.arguments))
        except TimeoutError as error:
            raise PbxUnavailableError from error
        own = away or (held is not None and held.key == caller.key.id)
        lease = await self._lease_after(caller, verb.name, agent.id, own=own)
        return Answer(200, {"ok": True, "answer": answer, "lease_seconds": lease.seconds if lease else None})

    async def _lease_after(self, caller: Caller, verb: str, agent: int, *, own: bool) -> Lease | None:
        """Signing in begins a lease (unless she was signed in by other means), everything else renews it."""
        if verb == "sign_in":
            return await self._leases.grant(agent, caller.key.id, caller.key.lease_seconds) if own else None
        if verb == "sign_out":
            await self._leases.end(agent)
            return None
        return await self._leases.renew(agent, caller.key.id)

    async def renew_lease(self, caller: Caller, number: str) -> Document:
        """Raises NoLeaseError when this key did not sign the agent in."""
        self.require(caller, Scope.AGENT)
        agent = self._agent(caller, number)
        lease = await self._leases.renew(agent.id, caller.key.id)
        if lease is None:
            raise NoLeaseError
        return {"lease_seconds": lease.seconds, "agent": documents.agent_document(self._floor, agent.id)}

    def make_token(self, caller: Caller, number: str, seconds: int) -> Document:
        """A short-lived token for a web page of one agent; a token cannot make another one."""
        if caller.agent:
            raise MissingScopeError
        if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
            raise InvalidError(f"{SHORTEST_SECONDS}–{LONGEST_SECONDS}", field="seconds")
        agent = self._agent(caller, number)
        token, until = self.keyring.make_token(caller, agent.number, seconds)
        return {"token": token, "expires_at": until, "agent": agent.number}

    # -- state -----------------------------------------------------------------------------------

    def agents(self, caller: Caller) -> list[Document]:
        self.require(caller, Scope.READ)
        known = self._floor.directory.agents
        return [documents.agent_document(self._floor, key) for key in known if caller.may_act_for(known[key].number)]

    def agent(self, caller: Caller, number: str) -> Document:
        self.require(caller, Scope.READ)
        return documents.agent_document(self._floor, self._agent(caller, number).id)

    def queues(self, caller: Caller) -> list[Document]:
        self.require(caller, Scope.READ)
        allowed, known = caller.key.queues, self._floor.directory.queues
        return [
            documents.queue_document(self._floor, key)
            for key, queue in known.items()
            if not allowed or queue.number in allowed
        ]

    def calls(self, caller: Caller) -> list[Document]:
        self.require(caller, Scope.READ)
        shown = documents.call_documents(self._floor)
        return [self._seen(caller, call) for call in shown if self._concerns(caller, call)]

    def call(self, caller: Caller, key: str) -> Document:
        self.require(caller, Scope.READ)
        call = self._floor.calls.get(key)
        shown = documents.call_document(self._floor, call) if call is not None else None
        if shown is None or not self._concerns(caller, shown):
            raise NotFoundError(key[:32])
        return self._seen(caller, shown)

    def state(self, caller: Caller) -> Document:
        """Everything at once, and the place in the log from which events go on."""
        seq = self._log.seq
        return {
            "node": self._floor.node,
            "pbx": self._floor.pbx_up,
            "seq": seq,
            "now": clock.now_ms(),
            "agents": self.agents(caller),
            "queues": self.queues(caller),
            "calls": self.calls(caller),
        }

    def _concerns(self, caller: Caller, call: Document) -> bool:
        wanted = self.filter(caller)
        if not (wanted.agents or wanted.queues):
            return True
        return call["agent"] in wanted.agents or call["queue"] in wanted.queues

    @staticmethod
    def _seen(caller: Caller, call: Document) -> Document:
        return call if Scope.PATIENTS in caller.scopes else without_patients(call)

    # -- events ----------------------------------------------------------------------------------

    @contextlib.contextmanager
    def listening(self, caller: Caller) -> Iterator[None]:
        """While somebody follows events. Raises TooManyStreamsError: what happens is told to each of them."""
        who = (caller.key.id, caller.agent)
        if self._listeners[who] >= (STREAMS_OF_TOKEN if caller.agent else STREAMS_OF_KEY):
            raise TooManyStreamsError(STREAMS_AGAIN_SECONDS)
        self._listeners[who] += 1
        try:
            yield
        finally:
            self._listeners[who] -= 1
            if not self._listeners[who]:
                del self._listeners[who]

    @staticmethod
    def filter(
        caller: Caller,
        agents: frozenset[str] = frozenset(),
        queues: frozenset[str] = frozenset(),
        types: tuple[str, ...] = (),
    ) -> Filter:
        """What is asked for, within what the key allows. Raises AgentNotAllowedError."""
        key = caller.key
        if caller.agent:
            own, theirs = frozenset({caller.agent}), frozenset[str]()
        else:
            own, theirs = frozenset(key.agents), frozenset(key.queues)
        if (own and agents - own) or (theirs and queues - theirs):
            raise AgentNotAllowedError
        narrowed = (agents, queues) if agents or queues else (own, theirs)
        return Filter(*narrowed, types, Scope.PATIENTS in caller.scopes)

    @property
    def seq(self) -> int:
        return self._log.seq

    async def missed(self, seq: int, wanted: Filter, limit: int = EVENTS_AT_ONCE) -> Missed:
        """What happened behind `seq` and passes the filter."""
        if not self._log.reaches_back_to(seq):
            return Missed([], self._log.seq, resync=True)
        events = await self._log.after(seq, limit)
        last = events[-1].seq if events else seq
        return Missed([event for event in events if wanted.passes(event)], last)

    async def wait(self, seq: int, seconds: float) -> None:
        """Until something happened behind `seq`, or the time is over."""
        with contextlib.suppress(TimeoutError):
            await self._log.wait(seq, seconds)
