"""Texts of PostgreSQL's configuration files for a box of the pair. Pure."""

import ipaddress
import re
from collections.abc import Mapping

from appliance.ha.postgres.layout import REPLICA_ROLE, Ends, Layout

INCLUDE = "include_if_exists = '../pair/settings.conf'"
"""Relative to the data folder, so that the copy of the peer's file is right here too."""
OWN_SETTINGS = frozenset(
    {"primary_conninfo", "primary_slot_name", "synchronous_standby_names", "restore_command", "cluster_name"}
)
LOCAL_MAP, MEMBERS_MAP = "hcc_local", "hcc_members"

_SETTING = re.compile(r"^\s*([A-Za-z_][\w.]*)\s*=?")


def conninfo(words: Mapping[str, object]) -> str:
    """A connection string of libpq (34.1.1.1): every value quoted."""
    return " ".join(f"{key}='{_escaped(str(value))}'" for key, value in words.items())


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def setting(value: str) -> str:
    """A string as a configuration file wants it: quotes doubled, and backslashes, which would begin an escape."""
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def to_peer(layout: Layout, ends: Ends) -> dict[str, object]:
    """How the peer's server is reached: our certificate is who we are. Keys as in libpq."""
    return {
        "host": ",".join(ends.peer_addresses),
        "port": ends.port,
        "user": REPLICA_ROLE,
        "dbname": "postgres",
        "application_name": ends.me,
        "sslmode": "verify-ca",
        "sslrootcert": layout.tls / "ca.pem",
        "sslcert": layout.tls / "member.pem",
        "sslkey": layout.tls / "member.key",
        "gssencmode": "disable",
        "connect_timeout": 2,
        "keepalives_idle": 2,
        "keepalives_interval": 1,
        "keepalives_count": 3,
        "tcp_user_timeout": 5_000,
    }


def settings(layout: Layout, ends: Ends) -> str:
    """What a box of the pair sets beyond what a single box does. R7: times and slots."""
    pair, tls = layout.pair, layout.tls
    values = {
        "listen_addresses": ",".join(ends.addresses),
        "port": str(ends.port),
        "unix_socket_directories": str(layout.sockets),
        "hba_file": str(pair / "hba.conf"),
        "ident_file": str(pair / "ident.conf"),
        "ssl": "on",
        "ssl_min_protocol_version": "TLSv1.3",
        "ssl_ca_file": str(tls / "ca.pem"),
        "ssl_cert_file": str(tls / "member.pem"),
        "ssl_key_file": str(tls / "member.key"),
        "cluster_name": ends.me,
        "wal_level": "replica",
        "wal_log_hints": "on",
        "hot_standby": "on",
        "synchronous_commit": "on",
        "wal_keep_size": "512MB",
        "max_slot_wal_keep_size": "4GB",
        "wal_sender_timeout": "5s",
        "wal_receiver_timeout": "5s",
        "wal_receiver_status_interval": "1s",
        "wal_retrieve_retry_interval": "500ms",
        "recovery_target_timeline": "latest",
        "primary_conninfo": "",
        "primary_slot_name": "",
    }
    if ends.peer is not None:
        # Only ever from a primary: two standbys must not follow each other.
        words = {**to_peer(layout, ends), "target_session_attrs": "primary"}
        values |= {"primary_conninfo": conninfo(words), "primary_slot_name": ends.slot}
    lines = [f"{name} = {setting(value)}" for name, value in values.items()]
    return "\n".join(["# Written by the agent of the pair before each start.", *lines, ""])


def access(ends: Ends) -> str:
    """pg_hba.conf: this box by its socket; the peer, with a certificate of the cluster, from its own addresses."""
    lines = [
        f"local all postgres peer map={LOCAL_MAP}",
        f"local replication postgres peer map={LOCAL_MAP}",
        f"local all hcc peer map={LOCAL_MAP}",
        "local all all peer",
    ]
    for address in ends.peer_addresses:
        network = ipaddress.ip_network(address)
        rule = f"{REPLICA_ROLE} {network} cert clientname=DN map={MEMBERS_MAP}"
        lines += [f"hostssl replication {rule}", f"hostssl postgres {rule}"]
    return "\n".join(["# Written by the agent of the pair before each start.", *lines, ""])


def identities() -> str:
    """pg_ident.conf. The cluster's authority signs nobody but members, whose certificates have no common name."""
    rows = [
        (LOCAL_MAP, "root", "postgres"),
        (LOCAL_MAP, "postgres", "postgres"),
        (LOCAL_MAP, "root", "hcc"),
        (LOCAL_MAP, "hcc", "hcc"),
        (MEMBERS_MAP, '"/^.+$"', REPLICA_ROLE),
    ]
    return "\n".join(["# Written by the agent of the pair before each start.", *(" ".join(row) for row in rows), ""])


def with_include(text: str) -> str:
    """postgresql.conf with the pair's settings, once and last."""
    lines = [line for line in text.splitlines() if line.strip() != INCLUDE]
    return "\n".join([*lines, INCLUDE, ""])


def closed(text: str, waits_for: str | None) -> str:
    """postgresql.auto.conf of a standby: no leftovers of what the peer was, and commits wait for `waits_for`.

    R5: should it be promoted, nothing is acknowledged before commits are let go on purpose.
    """
    lines = [line for line in text.splitlines() if not _is_own(line)]
    if waits_for is not None:
        lines.append(f"synchronous_standby_names = {setting(sync_names(waits_for))}")
    return "\n".join([*lines, ""])


def _is_own(line: str) -> bool:
    found = _SETTING.match(line)
    name = found.group(1).lower() if found else ""
    return name in OWN_SETTINGS or name.startswith("recovery_target")


def sync_names(name: str | None) -> str:
    """The value of synchronous_standby_names: commits wait for that one, or for nobody."""
    return "" if name is None else f'"{name}"'


def read_sync_names(value: str) -> str | None:
    """The reverse; what a person has set otherwise comes back as it stands."""
    return value.strip().removeprefix('"').removesuffix('"') or None
