"""One look at a running server, and what the peer says of itself."""

from dataclasses import dataclass
from typing import LiteralString

from appliance.ha.postgres import positions
from appliance.ha.postgres.configuration import conninfo, to_peer
from appliance.ha.postgres.layout import Ends, Layout, slot_of
from appliance.ha.postgres.positions import Course, Position
from appliance.ha.postgres.session import Session, options, session

_LOOK: LiteralString = """
SELECT pg_is_in_recovery(),
    extract(epoch FROM pg_postmaster_start_time())::text,
    current_setting('synchronous_standby_names'),
    (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END)::text,
    sender.state, sender.sync_state, sender.flush_lsn::text,
    receiver.status, receiver.flushed_lsn::text, concat(receiver.last_msg_receipt_time, receiver.latest_end_lsn),
    (SELECT wal_status FROM pg_replication_slots WHERE slot_name = %(slot)s),
    (SELECT count(*) FROM pg_replication_slots WHERE NOT active AND slot_name LIKE 'hcc\\_%%'),
    (SELECT array_agg(concat(pid, ' ', extract(epoch FROM xact_start)))
        FROM pg_stat_activity WHERE wait_event_type = 'IPC' AND wait_event = 'SyncRep')
FROM (SELECT 1) AS one
LEFT JOIN (
    SELECT state, sync_state, flush_lsn FROM pg_stat_replication WHERE application_name = %(peer)s
    ORDER BY state = 'streaming' DESC, backend_start DESC LIMIT 1
) AS sender ON true
LEFT JOIN pg_stat_wal_receiver AS receiver ON true
"""

_PEER: LiteralString = """
SELECT pg_is_in_recovery(),
    (SELECT system_identifier FROM pg_control_system()),
    (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_flush_lsn() END)::text,
    CASE WHEN NOT pg_is_in_recovery() THEN pg_walfile_name(pg_current_wal_flush_lsn()) END
"""


@dataclass(frozen=True)
class Look:
    recovering: bool
    life: str
    """When the server was started: changes with each start."""
    names: str
    here: int
    """As primary what is written, as standby what is replayed."""
    sender: str | None
    """State of the connection to the peer, as primary."""
    sync_state: str | None
    peer_has: int | None
    receiver: str | None
    received: int | None
    word: str
    """Changes whenever something has come from the primary."""
    slot: str | None
    """State of the peer's slot: `lost` when the peer was away for too long; None: there is none."""
    idle_slots: int
    waiting: tuple[str, ...]
    """Commits that wait for the peer: process and begin of the transaction."""


def local(layout: Layout, port: int, *, replication: bool = False, statement_ms: int = 1_000) -> str:
    """A connection through the socket, as the superuser."""
    words: dict[str, object] = {"host": layout.sockets, "port": port, "user": "postgres", "connect_timeout": 2}
    words |= {"application_name": "hcc-agent", "options": options(statement_ms)}
    words |= {"replication": "true"} if replication else {"dbname": "postgres"}
    return conninfo(words)


async def look(connection: Session, ends: Ends) -> Look:
    peer = ends.peer or ""
    row = await connection.row(_LOOK, {"peer": peer, "slot": slot_of(peer)})
    return Look(
        recovering=row[0],
        life=row[1],
        names=row[2],
        here=_lsn(row[3]) or 0,
        sender=row[4],
        sync_state=row[5],
        peer_has=_lsn(row[6]),
        receiver=row[7],
        received=_lsn(row[8]),
        word=row[9],
        slot=row[10],
        idle_slots=row[11],
        waiting=tuple(row[12] or ()),
    )


def _lsn(text: str | None) -> int | None:
    return positions.parse_lsn(text) if text else None


async def where(layout: Layout, port: int) -> tuple[int, Position]:
    """System identifier and how far this standby has everything (IDENTIFY_SYSTEM, 54.4)."""
    async with session(local(layout, port, replication=True)) as connection:
        row = await connection.row("IDENTIFY_SYSTEM")
    lsn = row[2].decode("ascii") if isinstance(row[2], bytes) else row[2]  # such a connection has no encoding
    return int(row[0]), Position(int(row[1]), positions.parse_lsn(lsn))


@dataclass(frozen=True)
class PeerLook:
    """What the peer's server says."""

    primary: bool
    system: int
    has: int
    """As primary what is written, as standby what it has received."""
    timeline: int


async def ask_peer(connection: Session) -> PeerLook:
    row = await connection.row(_PEER)
    return PeerLook(not row[0], int(row[1]), _lsn(row[2]) or 0, int(row[3][:8], 16) if row[3] else 0)


def to_peer_server(layout: Layout, ends: Ends) -> str:
    return conninfo({**to_peer(layout, ends), "options": options()})


async def course_of(connection: Session, peer: PeerLook) -> Course:
    """The primary's time lines, from its history file; the first time line has none."""
    text = ""
    if peer.timeline > 1:
        name = f"pg_wal/{positions.history_name(peer.timeline)}"
        row = await connection.row("SELECT pg_read_binary_file(%(name)s)", {"name": name})
        text = bytes(row[0]).decode("ascii", errors="replace")
    return Course(Position(peer.timeline, peer.has), positions.parse_history(text))


async def has_segment(connection: Session, course: Course, position: Position) -> bool:
    """Whether the primary still has the log from there on."""
    names = [f"pg_wal/{name}" for name in course.segments_for(position)]
    if not names:
        return True
    row = await connection.row(
        "SELECT bool_or(s.size IS NOT NULL) FROM unnest(%(names)s::text[]) n, LATERAL pg_stat_file(n, true) s",
        {"names": names},
    )
    return bool(row[0])
