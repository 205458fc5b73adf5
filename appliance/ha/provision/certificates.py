"""The cluster's own authority and its members' certificates, made by openssl(1).

Members' certificates have no common name (etcd's gateway refuses those that do once users are on), the member's
addresses (etcd compares them with where a peer comes from), and serve both ends of a connection. A renewed certificate
keeps its key, so that one file is replaced in one step and etcd, which reads it for each connection, never sees halves.
"""

import hashlib
import secrets
import ssl
import subprocess
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from appliance.ha.provision.errors import CommandError
from appliance.ha.provision.places import Places, write

AUTHORITY_YEARS = 30
MEMBER_DAYS = 397
RENEW_DAYS = 90
BACKDATED = timedelta(days=2)
"""For a machine whose clock is a little behind."""
COMMAND_SECONDS = 30


def openssl(*words: str, content: bytes = b"") -> bytes:
    """Raises CommandError with what openssl said."""
    done = subprocess.run(["openssl", *words], input=content, capture_output=True, check=False, timeout=COMMAND_SECONDS)
    if done.returncode:
        raise CommandError(f"openssl {words[0]}: {done.stderr.decode(errors='replace').strip()[-300:]}")
    return done.stdout


def new_key() -> bytes:
    return openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")


def make_authority(places: Places, cluster: str) -> None:
    """Once; a second call changes nothing. The key is root's alone."""
    if not places.authority_key.exists():
        write(places.authority_key, new_key())
    if places.authority.exists():
        return
    words = ["req", "-x509", "-new", "-key", str(places.authority_key), "-subj", f"/O=HCC/CN=HCC cluster {cluster}"]
    words += _times(timedelta(days=365 * AUTHORITY_YEARS))
    words += [
        "-addext",
        "basicConstraints=critical,CA:TRUE,pathlen:0",
        "-addext",
        "keyUsage=critical,keyCertSign,cRLSign",
    ]
    # The distribution's openssl.cnf would add these a second time.
    write(places.authority, openssl(*words, "-config", "/dev/null"), mode=0o644)


def make_key(places: Places) -> None:
    """The member's own, once; it never leaves this machine."""
    places.make_pki()
    if not places.key.exists():
        write(places.key, new_key(), mode=0o640, group=True)


def signing_request(places: Places) -> bytes:
    """PEM; says nothing but the public key: names and addresses are what the signer knows."""
    return openssl("req", "-new", "-key", str(places.key), "-subj", "/O=HCC cluster", "-config", "/dev/null")


def sign(places: Places, request: bytes, name: str, addresses: Sequence[str], *, days: float = MEMBER_DAYS) -> bytes:
    """A member's certificate for `request`, which must be signed with its own key. Raises CommandError."""
    openssl("req", "-verify", "-noout", content=request)
    names = ",".join([*(f"IP:{address}" for address in (*addresses, "127.0.0.1", "::1")), f"DNS:{name}"])
    extensions = (
        "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
        f"extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName={names}\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
    with tempfile.NamedTemporaryFile("w", suffix=".ext") as file:
        file.write(extensions)
        file.flush()
        words = ["x509", "-req", "-CA", str(places.authority), "-CAkey", str(places.authority_key)]
        words += ["-set_serial", str(secrets.randbits(120)), "-extfile", file.name, "-subj", "/O=HCC cluster"]
        return openssl(*words, *_times(timedelta(days=days)), content=request)


def _times(valid: timedelta) -> list[str]:
    now = datetime.now(UTC)
    ends = max(now + valid, now - BACKDATED + timedelta(seconds=1))
    return ["-not_before", f"{now - BACKDATED:%Y%m%d%H%M%SZ}", "-not_after", f"{ends:%Y%m%d%H%M%SZ}"]


def ends_at(certificate: Path) -> datetime:
    """Raises CommandError when there is none that can be read."""
    said = openssl("x509", "-in", str(certificate), "-noout", "-enddate").decode().strip()
    return datetime.strptime(said.removeprefix("notAfter="), "%b %d %H:%M:%S %Y %Z").replace(tzinfo=UTC)


def is_due(certificate: Path, *, now: datetime | None = None) -> bool:
    """Whether it has to be renewed: half a season before its end."""
    return ends_at(certificate) - (now or datetime.now(UTC)) < timedelta(days=RENEW_DAYS)


def fingerprint(certificate: bytes) -> bytes:
    """SHA-256 of a certificate's DER."""
    return hashlib.sha256(certificate).digest()


def fingerprint_of_file(certificate: Path) -> bytes:
    return fingerprint(ssl.PEM_cert_to_DER_cert(certificate.read_text("ascii")))


def readable(digest: bytes) -> str:
    """The first 128 bits in eight groups, for comparing two screens."""
    text = digest[:16].hex().upper()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))
