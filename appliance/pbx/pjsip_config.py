"""The part of Asterisk's configuration that comes from the database: desk phones, trunks, the emergency group.

Written before Asterisk starts and when something changed, so that telephones ring even while call control is absent.
"""

import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from appliance.disk import put_away

REALM = "hcc"
ENDPOINTS_FILE = "pjsip_endpoints.conf"
EMERGENCY_FILE = "extensions_globals.conf"

_VALUE = re.compile(r"[^\x00-\x1f\x7f\x85\u2028\u2029;\[\]]*")
"""One line whatever splits it, no comment, no section."""

_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True, slots=True)
class DeskPhone:
    number: str
    digest_ha1: str
    name: str = ""
    emergency: bool = False


@dataclass(frozen=True, slots=True)
class Trunk:
    """`name` becomes the endpoint `trunk-<name>`; `kind` is `address` or `register`."""

    name: str
    kind: str
    host: str
    port: int = 5060
    transport: str = "udp"
    username: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True)
class PbxPlan:
    phones: tuple[DeskPhone, ...] = ()
    trunks: tuple[Trunk, ...] = ()


class PlanError(Exception):
    """A value would break Asterisk's configuration file."""


def trunk_endpoint(name: str) -> str:
    return f"trunk-{name}"


def _section(name: str, kind: str, fields: Iterable[tuple[str, str]]) -> str:
    if not _NAME.fullmatch(name):
        raise PlanError(f"name {name!r}")
    lines = [f"[{name}]", f"type={kind}"]
    for key, value in fields:
        if not _VALUE.fullmatch(value):
            raise PlanError(f"{name}: {key}")
        lines.append(f"{key}={value}")
    return "\n".join(lines) + "\n\n"


def _phone(phone: DeskPhone) -> str:
    number = phone.number
    endpoint = [
        ("context", "from-extension"),
        ("transport", "transport-udp"),
        ("disallow", "all"),
        ("allow", "alaw,ulaw,g722"),
        ("auth", number),
        ("aors", number),
        ("callerid", f"<{number}>"),
        ("direct_media", "no"),
        ("dtmf_mode", "rfc4733"),
        ("rtp_symmetric", "yes"),
        ("force_rport", "yes"),
        ("rewrite_contact", "yes"),
        ("rtp_timeout", "30"),
        ("allow_transfer", "no"),
        ("send_connected_line", "no"),
        ("device_state_busy_at", "1"),
    ]
    auth = [
        ("auth_type", "digest"),
        ("username", number),
        ("realm", REALM),
        ("password_digest", f"MD5:{phone.digest_ha1}"),
    ]
    aor = [
        ("max_contacts", "1"),
        ("remove_existing", "yes"),
        ("qualify_frequency", "30"),
        ("qualify_timeout", "3"),
        ("minimum_expiration", "30"),
        ("maximum_expiration", "600"),
    ]
    return _section(number, "endpoint", endpoint) + _section(number, "auth", auth) + _section(number, "aor", aor)


def _trunk(trunk: Trunk) -> str:
    name = trunk_endpoint(trunk.name)
    if not _HOST.fullmatch(trunk.host):
        raise PlanError(f"{name}: host")
    uri = f"sip:{trunk.host}:{trunk.port}"
    text = _section(
        name,
        "endpoint",
        [
            ("context", "from-trunk"),
            ("transport", f"transport-{trunk.transport}"),
            ("disallow", "all"),
            ("allow", "alaw,ulaw,g722"),
            ("aors", name),
            ("direct_media", "no"),
            ("dtmf_mode", "auto"),
            ("rtp_symmetric", "yes"),
            ("rtp_timeout", "120"),
            ("allow_transfer", "no"),
            ("trust_id_inbound", "yes"),
            ("send_pai", "yes"),
            ("send_connected_line", "no"),
            *([("outbound_auth", name), ("from_user", trunk.username)] if trunk.kind == "register" else []),
        ],
    )
    text += _section(name, "aor", [("contact", uri), ("qualify_frequency", "30"), ("qualify_timeout", "3")])
    text += _section(f"{name}-identify", "identify", [("endpoint", name), ("match", trunk.host)])
    if trunk.kind == "register":
        text += _section(
            name,
            "auth",
            [("auth_type", "digest"), ("username", trunk.username), ("password", trunk.password)],
        )
        text += _section(
            f"{name}-registration",
            "registration",
            [
                ("outbound_auth", name),
                ("server_uri", uri),
                ("client_uri", f"sip:{trunk.username}@{trunk.host}:{trunk.port}"),
                ("contact_user", trunk.username),
                ("retry_interval", "20"),
                ("forbidden_retry_interval", "60"),
                ("expiration", "300"),
                ("line", "yes"),
                ("endpoint", name),
            ],
        )
    return text


def render(plan: PbxPlan) -> dict[str, str]:
    """File name → content. Raises PlanError when a value cannot stand in such a file."""
    endpoints = "".join(map(_phone, plan.phones)) + "".join(map(_trunk, plan.trunks))
    group = "&".join(f"PJSIP/{phone.number}" for phone in plan.phones if phone.emergency)
    return {ENDPOINTS_FILE: endpoints, EMERGENCY_FILE: f"HCC_EMERGENCY={group}\n"}


def write(files: dict[str, str], folder: Path) -> bool:
    """Put the files in place, each atomically; True when anything changed."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = False
    for name, content in files.items():
        path = folder / name
        if path.exists() and path.read_text() == content:
            continue
        with tempfile.NamedTemporaryFile("w", dir=folder, delete=False) as file:
            file.write(content)
        Path(file.name).chmod(0o640)
        put_away(Path(file.name), path)
        changed = True
    return changed
