"""HTTPS between the two boxes, each showing the certificate that the cluster gave it."""

import ssl
from pathlib import Path
from typing import Any

from appliance.ha.cluster_file import Cluster, Member

PORT = 8791


class Certificates:
    """Contexts of both directions; a renewed certificate is taken into use by `load()`."""

    def __init__(self, pki: Path) -> None:
        authority = str(pki / "ca.pem")
        self._pki = pki
        self.serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority)
        self.serving.verify_mode = ssl.CERT_REQUIRED
        self.asking = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=authority)
        for context in (self.serving, self.asking):
            context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.load()

    def load(self) -> None:
        """Raises OSError or ssl.SSLError."""
        for context in (self.serving, self.asking):
            context.load_cert_chain(self._pki / "member.pem", self._pki / "member.key")


def is_shown_by(certificate: Any, name: str) -> bool:
    """Whether the cluster's authority says that this is `name`: the witness is a member, too."""
    alternatives = (certificate or {}).get("subjectAltName", ())
    return ("DNS", name) in alternatives


def addresses(member: Member) -> list[str]:
    """The direct link first."""
    return [address for address in (member.direct, member.address) if address]


def urls(cluster: Cluster, port: int) -> list[str]:
    """Of the other box."""
    peer = cluster.peer
    if peer is None:
        return []
    return [f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}" for host in addresses(peer)]
