"""The live state on disk: one writer, batches of at most 100 ms, nothing lost while the database restarts."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, bindparam, delete, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from appliance import clock
from appliance.callcenter.acd.model import Agent
from appliance.callcenter.calls.model import Call
from appliance.callcenter.live.tables import AgentStateRow, LiveAgentRow, LiveCallRow
from appliance.db import Base, Sessions, new_id

log = logging.getLogger(__name__)

BATCH_SECONDS = 0.08
RETRY_SECONDS = 0.5

type Row = tuple[type[Base], dict[str, Any]]
"""A table and the values of one new row."""

type Write = Callable[[Connection], None]
"""Stores something; runs in the writer's thread."""

_encoder = msgspec.json.Encoder()

_PUT_CALL = text(
    "INSERT INTO live_call (id, node, document, updated_at) VALUES (:id, :node, :document, :updated_at) "
    "ON CONFLICT (id) DO UPDATE SET node = excluded.node, document = excluded.document, "
    "updated_at = excluded.updated_at"
)
_PUT_AGENT = text(
    "INSERT INTO live_agent (agent_id, node, document, updated_at) "
    "VALUES (:agent_id, :node, :document, :updated_at) "
    "ON CONFLICT (agent_id) DO UPDATE SET node = excluded.node, document = excluded.document, "
    "updated_at = excluded.updated_at"
)
_REMOVE_CALL = delete(LiveCallRow).where(LiveCallRow.id == bindparam("call"))


class LiveJournal:
    """Collects what changed; `run` writes it. `close` writes the rest.

    Writing is done in a thread with a plain connection: statement by statement through the event loop it cost
    three times as much, and the loop has calls to attend to.
    """

    name = "live journal"

    def __init__(self, engine: Engine, node: str) -> None:
        self._engine = engine
        self._node = node
        self._calls: dict[str, Call | None] = {}
        self._agents: dict[int, Agent] = {}
        self._rows: list[Row] = []
        self._writes: list[Write] = []
        self._told: list[Callable[[], None]] = []
        self._due = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._writing: asyncio.Task[None] | None = None

    # -- collecting (called by call control, never waits) ---------------------------------------

    def call(self, call: Call) -> None:
        self._calls[call.id] = call
        self._wake()

    def call_finished(self, call_id: str, write: Write) -> None:
        """The call is over: `write` stores its record in the transaction that removes the live row."""
        self._calls[call_id] = None
        self._writes.append(write)
        self._wake()

    async def transact[T](self, work: Callable[[Connection], T]) -> T:
        """Do `work` now, in a transaction of its own; what it wrote is on the disk then. Raises SQLAlchemyError."""

        def run() -> T:
            with self._engine.begin() as connection:
                return work(connection)

        return await asyncio.to_thread(run)

    def agent(self, agent: Agent, *, changed_state: bool) -> None:
        self._agents[agent.id] = agent
        if changed_state:
            values = {
                "id": new_id(),
                "agent_id": agent.id,
                "state": agent.state.value,
                "cause": agent.cause,
                "at": agent.since,
                "interaction_id": agent.call,
            }
            self._rows.append((AgentStateRow, values))
        self._wake()

    def add(self, kind: type[Base], values: dict[str, Any]) -> None:
        """Insert one more row with the next batch."""
        self._rows.append((kind, values))
        self._wake()

    def store(self, write: Write) -> None:
        """Have `write` called in the next batch's transaction."""
        self._writes.append(write)
        self._wake()

    def then(self, tell: Callable[[], None]) -> None:
        """Call `tell` as soon as everything collected so far is stored."""
        self._told.append(tell)
        self._wake()

    def _wake(self) -> None:
        self._idle.clear()
        self._due.set()

    async def flushed(self) -> None:
        """Wait until everything collected so far is stored; what comes later is not waited for."""
        if self._idle.is_set():
            return
        stored = asyncio.Event()
        self.then(stored.set)
        await stored.wait()

    # -- writing ---------------------------------------------------------------------------------

    async def open(self) -> None:
        """Nothing to open: the database is used when there is something to write."""

    async def run(self) -> None:
        while True:
            await self._due.wait()
            await asyncio.sleep(BATCH_SECONDS)
            # A stop in the middle of a batch must not lose it, nor let the last batch overtake it.
            self._writing = asyncio.create_task(self._write_all(), name="live journal batch")
            await asyncio.shield(self._writing)

    async def close(self) -> None:
        if self._writing is not None:
            await self._writing
        if self._due.is_set():
            await self._write_all()

    async def _write_all(self) -> None:
        self._due.clear()
        calls, self._calls = self._calls, {}
        agents, self._agents = self._agents, {}
        rows, self._rows = self._rows, []
        writes, self._writes = self._writes, []
        told, self._told = self._told, []
        documents = {key: None if call is None else _encoder.encode(call).decode() for key, call in calls.items()}
        while True:
            try:
                await asyncio.to_thread(self._write, documents, list(agents.values()), rows, writes)
                break
            except IntegrityError:
                log.exception("a record does not fit the database; storing the rest without it")
                await asyncio.to_thread(self._write_singly, documents, list(agents.values()), rows, writes)
                break
            except (DBAPIError, OSError) as error:
                log.warning("live state not stored, trying again: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
        for tell in told:
            tell()
        if not self._due.is_set():
            self._idle.set()

    def _write(
        self,
        documents: dict[str, str | None],
        agents: Sequence[Agent],
        rows: Sequence[Row],
        writes: Sequence[Write],
    ) -> None:
        with self._engine.begin() as connection:
            now = clock.now_ms()
            for write in writes:
                write(connection)
            if gone := [{"call": key} for key, document in documents.items() if document is None]:
                connection.execute(_REMOVE_CALL, gone)
            alive = [
                {"id": key, "node": self._node, "document": document, "updated_at": now}
                for key, document in documents.items()
                if document is not None
            ]
            if alive:
                connection.execute(_PUT_CALL, alive)
            if agents:
                connection.execute(_PUT_AGENT, [self._agent_row(agent, now) for agent in agents])
            for kind, values in _by_table(rows).items():
                connection.execute(insert(kind), values)

    def _agent_row(self, agent: Agent, now: clock.Millis) -> dict[str, Any]:
        document = _encoder.encode(agent).decode()
        return {"agent_id": agent.id, "node": self._node, "document": document, "updated_at": now}

    def _write_singly(
        self,
        documents: dict[str, str | None],
        agents: Sequence[Agent],
        rows: Sequence[Row],
        writes: Sequence[Write],
    ) -> None:
        parts: list[tuple[dict[str, str | None], Sequence[Agent], Sequence[Row], Sequence[Write]]] = [
            (documents, agents, (), ()),
            *(({}, (), [row], ()) for row in rows),
            *(({}, (), (), [write]) for write in writes),
        ]
        for part in parts:
            try:
                self._write(*part)
            except SQLAlchemyError:
                log.exception("a record is lost")


async def load(sessions: Sessions) -> tuple[list[Call], list[Agent]]:
    """What was alive when the program stopped. A row that cannot be read is skipped and logged."""
    async with sessions() as session:
        calls = await session.scalars(select(LiveCallRow.document).order_by(LiveCallRow.id))
        agents = await session.scalars(select(LiveAgentRow.document))
        return _decoded(calls.all(), Call), _decoded(agents.all(), Agent)


async def of_other_boxes(sessions: Sessions, node: str) -> frozenset[str]:
    """Calls that were written last by another box than `node`: what they had of Asterisk is gone with it."""
    async with sessions() as session:
        return frozenset(await session.scalars(select(LiveCallRow.id).where(LiveCallRow.node != node)))


def _decoded[T](documents: Sequence[str], kind: type[T]) -> list[T]:
    known: list[T] = []
    for document in documents:
        try:
            known.append(msgspec.json.decode(document, type=kind))
        except msgspec.DecodeError:
            log.exception("unreadable live state: %.200s", document)
    return known


def _by_table(rows: Sequence[Row]) -> dict[type[Base], list[dict[str, Any]]]:
    tables: dict[type[Base], list[dict[str, Any]]] = {}
    for kind, values in rows:
        tables.setdefault(kind, []).append(values)
    return tables
