"""Starting, promoting and stopping the server, and whom its commits wait for: each until it is so, or has failed."""

import asyncio
import contextlib
import signal
from time import monotonic

import psycopg
from psycopg import sql

from appliance.ha.postgres import folder, looking
from appliance.ha.postgres.configuration import sync_names
from appliance.ha.postgres.errors import PostgresError
from appliance.ha.postgres.judging import Proof
from appliance.ha.postgres.layout import REPLICA_ROLE, Ends, Layout, slot_of
from appliance.ha.postgres.observing import Observer
from appliance.ha.postgres.polling import POLL_SECONDS, until
from appliance.ha.postgres.positions import parse_lsn
from appliance.ha.postgres.server import Server, end, end_at_once, gone
from appliance.ha.postgres.session import Session, session

START_SECONDS = 60.0
APPEAR_SECONDS = 5.0
GONE_SECONDS = 0.5
"""Without a process for so long, a server that was starting has ended: between the steps of a unit there is none."""
PROMOTE_SECONDS = 10.0
SETTING_SECONDS = 5.0
PROOF_SECONDS = 30.0
STOP_SECONDS = 5.0
"""`Timing.stop_budget_ms`: within this a planned stop lets the standby have everything."""
CHECKPOINT_SECONDS = 2.0
RECEIVE_SECONDS = 1.0

_EQUIPMENT = (
    "GRANT EXECUTE ON FUNCTION pg_ls_dir(text, boolean, boolean) TO {role}",
    "GRANT EXECUTE ON FUNCTION pg_stat_file(text, boolean) TO {role}",
    "GRANT EXECUTE ON FUNCTION pg_read_binary_file(text) TO {role}",
    "GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint, boolean) TO {role}",
)


class Running:
    def __init__(self, layout: Layout, ends: Ends, server: Server, observer: Observer) -> None:
        self._layout, self._ends, self._server, self._observer = layout, ends, server, observer
        self.failed_starts = 0
        """In a row; the server ended by itself each time."""

    # -- start ---------------------------------------------------------------------------------------

    async def start(self, *, standby: bool) -> None:
        if self._server.alive():
            raise PostgresError("it runs already")
        await asyncio.to_thread(folder.check, self._layout, standby=standby)
        await asyncio.to_thread(folder.prepare, self._layout, self._ends, standby=standby)
        await self._server.start()
        try:
            async with asyncio.timeout(APPEAR_SECONDS):
                await until(self._is_alive)
        except TimeoutError:
            raise await self._ended_itself() from None
        await self._accepting()
        self.failed_starts = 0

    async def _is_alive(self) -> bool:
        return self._server.alive()

    async def _accepting(self) -> None:
        """A server that takes longer is left alone: it is replaying its log."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS):
                gone_at = monotonic()
                while True:
                    if self._server.alive():
                        gone_at = monotonic()
                    elif monotonic() - gone_at > GONE_SECONDS:
                        raise await self._ended_itself()
                    await self._observer.look_now()
                    if self._observer.look is not None:
                        return
                    await asyncio.sleep(POLL_SECONDS)
        raise PostgresError(f"accepts no connection after {START_SECONDS:g} s")

    async def _ended_itself(self) -> PostgresError:
        self.failed_starts += 1
        return PostgresError(f"the server ended while it started: {(await self._server.said())[-400:]}")

    async def restart(self) -> None:
        """R8: what has crashed or stands still, as the primary it was."""
        await asyncio.to_thread(folder.check, self._layout, standby=False)
        await end_at_once(self._server, self._layout.data)
        await self.start(standby=False)

    # -- promotion -----------------------------------------------------------------------------------

    async def promote(self) -> None:
        if not self._server.alive():
            await self.start(standby=True)
        try:
            async with asyncio.timeout(PROMOTE_SECONDS), self._open() as connection:
                if not await _serves(connection):
                    await connection.row("SELECT pg_promote(false)")
                await until(lambda: _serves(connection))
        except (psycopg.Error, TimeoutError) as error:
            # It must not become a primary later, when nobody expects it any more.
            await end_at_once(self._server, self._layout.data)
            raise PostgresError(f"not promoted within {PROMOTE_SECONDS:g} s ({error})") from error
        await self.equip()

    async def equip(self) -> None:
        """What a primary has to have for its standby: the role, and a slot that keeps the log for it."""
        async with self._open() as connection:
            await connection.do("SET synchronous_commit = local")
            if not (await connection.row("SELECT count(*) FROM pg_roles WHERE rolname = 'hcc_replica'"))[0]:
                role = sql.Identifier(REPLICA_ROLE)
                await connection.do(sql.SQL("CREATE ROLE {role} LOGIN REPLICATION").format(role=role))
                for statement in _EQUIPMENT:
                    await connection.do(sql.SQL(statement).format(role=role))
            if self._ends.peer is not None:
                await _keep_slot(connection, slot_of(self._ends.peer))

    async def drop_slots(self) -> None:
        """Of a time as primary: they would keep the log for nobody."""
        async with self._open() as connection:
            await connection.row(
                "SELECT count(pg_drop_replication_slot(slot_name)) FROM pg_replication_slots"
                " WHERE NOT active AND slot_name LIKE 'hcc\\_%%'",
                {},
            )

    async def take_settings(self) -> None:
        """Those that depend on the peer, and certificates: a running server reads them again. Raises PostgresError."""
        with folder.telling(self._layout):
            is_new = await asyncio.to_thread(folder.prepare_pair, self._layout, self._ends)
        if is_new:
            async with self._open() as connection:
                await connection.row("SELECT pg_reload_conf()")

    # -- whom commits wait for -----------------------------------------------------------------------

    async def set_sync_names(self, name: str | None) -> None:
        async with self._open() as connection:
            wanted = sync_names(name)
            if await _names(connection) != wanted:
                await connection.do(
                    sql.SQL("ALTER SYSTEM SET synchronous_standby_names = {}").format(sql.Literal(wanted))
                )
                await connection.row("SELECT pg_reload_conf()")
                await _until_set(connection, wanted)
        if name is not None:
            await self.prove(name)

    async def prove(self, name: str) -> None:
        """Only the checkpointer tells backends to wait, when it has read the setting: so it is made to do something.

        What is committed after that waits; what was committed before is in the log at the position noted.
        """
        look = self._observer.look
        async with self._open(statement_ms=0) as connection:
            await connection.do("CHECKPOINT", seconds=PROOF_SECONDS)
            if look is None or await _names(connection) != sync_names(name):
                raise PostgresError("the setting has changed meanwhile")
            lsn = (await connection.row("SELECT pg_current_wal_insert_lsn()::text"))[0]
        self._observer.proof = Proof(look.life, name, parse_lsn(lsn))

    # -- stop ----------------------------------------------------------------------------------------

    async def stop_at_once(self) -> None:
        await end_at_once(self._server, self._layout.data)

    async def stop_planned(self) -> None:
        """Within the budget the standby gets everything; after it, at once."""
        try:
            async with asyncio.timeout(STOP_SECONDS):
                with contextlib.suppress(psycopg.Error, TimeoutError):
                    async with self._open() as connection:
                        await connection.do("CHECKPOINT", seconds=CHECKPOINT_SECONDS)
                await end(self._server, signal.SIGINT, self._layout.data)
                await gone(self._server)
        except TimeoutError:
            await end_at_once(self._server, self._layout.data)
            raise PostgresError(f"not stopped within {STOP_SECONDS:g} s: stopped at once") from None

    async def wait_for_standby(self) -> None:
        """After a planned stop: whether the standby has the log to its very end. Raises PostgresError if not."""
        last = parse_lsn((await folder.control(self._layout))["Latest checkpoint location"])
        text, has = looking.to_peer_server(self._layout, self._ends), 0

        async def has_all() -> bool:
            nonlocal has
            has = (await looking.ask_peer(peer)).has
            return has > last

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RECEIVE_SECONDS), session(text) as peer:
                await until(has_all)
        if has <= last:
            raise PostgresError(f"the standby lacks the last {last - has} bytes of the log")

    def _open(self, statement_ms: int = 1_000) -> contextlib.AbstractAsyncContextManager[Session]:
        return session(looking.local(self._layout, self._ends.port, statement_ms=statement_ms))


async def _serves(connection: Session) -> bool:
    return not (await connection.row("SELECT pg_is_in_recovery()"))[0]


async def _names(connection: Session) -> str:
    return str((await connection.row("SHOW synchronous_standby_names"))[0])


async def _until_set(connection: Session, wanted: str) -> None:
    async def is_set() -> bool:
        return await _names(connection) == wanted

    async with asyncio.timeout(SETTING_SECONDS):
        await until(is_set)


async def _keep_slot(connection: Session, slot: str) -> None:
    """A slot whose log has been removed is of no use any more: the standby is cloned, and gets a new one."""
    state = await connection.row(
        "SELECT count(*), bool_or(wal_status = 'lost' AND NOT active) FROM pg_replication_slots"
        " WHERE slot_name = %(slot)s",
        {"slot": slot},
    )
    if state[1]:
        await connection.row("SELECT pg_drop_replication_slot(%(slot)s)::text", {"slot": slot})
    if state[1] or not state[0]:
        await connection.row("SELECT pg_create_physical_replication_slot(%(slot)s, true)::text", {"slot": slot})
