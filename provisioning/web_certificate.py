"""The web front's certificate: our own until the hospital brings one, made anew before it ends."""

import ipaddress
import json
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

from appliance import config
from appliance.ha import cluster_file
from appliance.ha.cluster_file import Cluster

ADDRESS_WAIT_SECONDS = 5.0
CERTIFICATE_DAYS = 825
RENEW_SECONDS = 30 * 86400
MAKER = "HCC"


def own_addresses() -> list[str]:
    """Addresses others can reach this box by; a network that is not there yet is waited for a little."""
    deadline = time.monotonic() + ADDRESS_WAIT_SECONDS
    while True:
        answer = subprocess.run(
            ["ip", "-json", "address", "show", "scope", "global"], capture_output=True, check=False, timeout=5
        )
        links = json.loads(answer.stdout or b"[]")
        found = [entry["local"] for link in links for entry in link.get("addr_info", [])]
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


def _openssl(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *words], capture_output=True, check=False, timeout=10)


def is_good(certificate: Path, key: Path) -> bool:
    """Whether there is one that does not end soon and is that of the key: only one of them may have been written."""
    if not certificate.exists() or not key.exists():
        return False
    if _openssl("x509", "-checkend", str(RENEW_SECONDS), "-noout", "-in", str(certificate)).returncode:
        return False
    own = _openssl("pkey", "-pubout", "-in", str(key))
    shown = _openssl("x509", "-pubkey", "-noout", "-in", str(certificate))
    return own.returncode == 0 and own.stdout == shown.stdout


def addresses_of_pair(cluster: Cluster) -> set[str]:
    """Under which its pages are opened: the service address, and each box's own."""
    service = (cluster.service.v4, cluster.service.v6)
    written = [box.address for box in cluster.boxes] + [address.partition("/")[0] for address in service if address]
    return {str(ipaddress.ip_address(address)) for address in written}


def lacks(certificate: Path, addresses: set[str]) -> bool:
    """Whether one of ours does not name them all; what the hospital brought is its own affair."""
    words = ["x509", "-noout", "-issuer", "-nameopt", "RFC2253", "-ext", "subjectAltName", "-in", str(certificate)]
    said = _openssl(*words).stdout.decode()
    if not re.search(rf"[=,]O={MAKER}(,|$)", said.partition("\n")[0]):
        return False
    named = re.findall(r"IP Address:([0-9A-Fa-f.:]+)", said)
    return not addresses <= {str(ipaddress.ip_address(address)) for address in named}


def keep(folder: Path, cluster: Cluster | None) -> None:
    """A certificate of our own for the web front, until the hospital brings one."""
    target = folder / "appliance.crt"
    of_pair = addresses_of_pair(cluster) if cluster is not None else set()
    if is_good(target, folder / "appliance.key") and not lacks(target, of_pair):
        return
    name = socket.gethostname()
    addresses = sorted(of_pair.union(own_addresses()))
    names = ",".join([f"DNS:{name}", "DNS:localhost", *(f"IP:{address}" for address in addresses)])
    key, new = folder / "appliance.key.part", folder / "appliance.crt.part"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-days", str(CERTIFICATE_DAYS), "-subj", f"/O={MAKER}/CN={name}", "-addext", f"subjectAltName={names}"]
    command += ["-addext", "extendedKeyUsage=serverAuth", "-keyout", str(key), "-out", str(new)]
    subprocess.run(command, capture_output=True, check=True, timeout=30)
    key.chmod(0o600)
    new.chmod(0o644)
    key.replace(folder / "appliance.key")
    new.replace(target)


def main() -> int:
    """In a pair the active box renews it; see `appliance.ha.provision.shared`."""
    keep(Path(config.load().paths.state) / "tls", cluster_file.load())
    return 0


if __name__ == "__main__":
    sys.exit(main())
