"""The machine itself: its addresses, its units, its etcd."""

import ipaddress
import json
import shutil
import subprocess
import time
from dataclasses import dataclass
from typing import Any

import msgspec

from appliance.ha.cluster_file import Cluster, Part, ServiceAddress
from appliance.ha.provision.administration import client_url, peer_url
from appliance.ha.provision.errors import AddressError, CommandError
from appliance.ha.provision.places import Places, write

ETCD_UNIT = "hcc-etcd.service"
CARE_TIMER = "hcc-cluster-care.timer"
WITNESS_UNIT = "hcc-witness.service"
OFF_ON_WITNESS = ("nginx", "hcc-admin", "hcc-desk", "hcc-recordings", "asterisk", "hcc-postgresql")
QUOTA_BYTES = 512 * 2**20
HEARTBEAT_MS, ELECTION_MS = 100, 1_000
KEPT_HISTORY = "1h"
START_SECONDS = 60
COMMAND_SECONDS = 90


def run(*words: str, check: bool = True) -> str:
    """A command of the system. Raises CommandError with what it said."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS)
    if check and done.returncode:
        raise CommandError(f"{' '.join(words)}: {(done.stderr or done.stdout).strip()[-300:]}")
    return done.stdout


# -- addresses -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Uplink:
    """Where this machine meets the hospital's network."""

    interface: str
    address: str
    gateway: str | None


def _addresses() -> list[tuple[str, ipaddress.IPv4Interface | ipaddress.IPv6Interface]]:
    links: list[dict[str, Any]] = json.loads(run("ip", "-json", "address", "show", "scope", "global") or "[]")
    return [
        (link["ifname"], ipaddress.ip_interface(f"{entry['local']}/{entry['prefixlen']}"))
        for link in links
        for entry in link.get("addr_info", [])
    ]


def _gateway(interface: str) -> str | None:
    routes: list[dict[str, Any]] = json.loads(run("ip", "-json", "route", "show", "default", "dev", interface) or "[]")
    return next((route["gateway"] for route in routes if "gateway" in route), None)


def uplink_for(service: str, interface: str | None, address: str | None) -> Uplink:
    """The interface whose network `service` lies in, and our own address there. Raises AddressError."""
    try:
        wanted = ipaddress.ip_address(service)
    except ValueError as error:
        raise AddressError(service) from error
    if service == address:
        raise AddressError(f"{service}: the service address and the box's own must differ")
    for name, own in _addresses():
        if wanted == own.ip and own.network.prefixlen < own.max_prefixlen:
            raise AddressError(f"{service}: is this box's own")
        fits = address == str(own.ip) if address else wanted in own.network and own.network.num_addresses > 1
        if fits and interface in {None, name}:
            return Uplink(name, str(own.ip), _gateway(name))
    raise AddressError(f"{address or service}: not in a network of this box ({', '.join(_known()) or 'none'})")


def _known() -> list[str]:
    return [f"{own} {name}" for name, own in _addresses()]


def service_address(v4: str, v6: str | None, uplink: Uplink, gateway: str | None) -> ServiceAddress:
    return ServiceAddress(uplink.interface, v4, v6, gateway or uplink.gateway)


# -- units -----------------------------------------------------------------------------------------


def is_active(unit: str) -> bool:
    return run("systemctl", "is-active", unit, check=False).strip() == "active"


def start(*units: str) -> None:
    """That a condition of a unit does not hold is no error."""
    run("systemctl", "start", *units)


def restart(*units: str) -> None:
    run("systemctl", "restart", *units)


def stop(*units: str) -> None:
    run("systemctl", "stop", *units)


def take_part(places: Places, part: Part) -> None:
    """Start what a member runs besides etcd; the witness stops everything else."""
    if part is Part.WITNESS:
        write(places.witness_mark, b"", mode=0o644)  # as hcc-firstboot does at each boot
        stop(*OFF_ON_WITNESS)
        start(WITNESS_UNIT)
    start(CARE_TIMER)


# -- etcd ------------------------------------------------------------------------------------------


def etcd_settings(places: Places, me: str, address: str, initial: str, *, existing: bool) -> dict[str, object]:
    """Etcd's configuration file; JSON is YAML."""
    files = {
        "cert-file": str(places.certificate),
        "key-file": str(places.key),
        "trusted-ca-file": str(places.authority),
        "client-cert-auth": True,
    }
    return {
        "name": me,
        "data-dir": str(places.etcd_data),
        "listen-client-urls": f"{client_url(address)},{client_url('127.0.0.1')}",
        "advertise-client-urls": client_url(address),
        "listen-peer-urls": peer_url(address),
        "initial-advertise-peer-urls": peer_url(address),
        "initial-cluster": initial,
        "initial-cluster-state": "existing" if existing else "new",
        "initial-cluster-token": "hcc",
        "client-transport-security": files,
        "peer-transport-security": files,
        "auto-compaction-mode": "periodic",
        "auto-compaction-retention": KEPT_HISTORY,
        "quota-backend-bytes": QUOTA_BYTES,
        "heartbeat-interval": HEARTBEAT_MS,
        "election-timeout": ELECTION_MS,
        "strict-reconfig-check": True,
        "log-level": "warn",
    }


def configure_etcd(places: Places, settings: dict[str, object]) -> None:
    write(places.etcd_file, msgspec.json.format(msgspec.json.encode(settings), indent=2), mode=0o644)


def forget_etcd(places: Places) -> None:
    """Stop it and take its data away."""
    stop(ETCD_UNIT)
    shutil.rmtree(places.etcd_data, ignore_errors=True)


def first_etcd(places: Places, cluster: Cluster) -> None:
    """A cluster of one."""
    own = cluster.own
    initial = f"{own.name}={peer_url(own.address)}"
    configure_etcd(places, etcd_settings(places, own.name, own.address, initial, existing=False))
    start(ETCD_UNIT)


class Deadline:
    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def over(self) -> bool:
        return time.monotonic() > self._end
