"""Keys and the web certificate that both boxes have alike, so that browsers and programs notice no fail-over.

They lie in etcd, signed and encrypted for the cluster's authority, whose key is on the boxes only (CMS, RFC 5652):
what is there outlives the box that wrote it. Only who leads writes, and only over what it has seen; the others take.
"""

import grp
import hashlib
import logging
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from appliance import config
from appliance.ha.agent import keys
from appliance.ha.agent.keys import LeaderValue
from appliance.ha.cluster_file import Cluster
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import EtcdCompareError
from appliance.ha.etcd.model import KeyValue, Put, is_absent, is_unchanged
from appliance.ha.provision import machine
from appliance.ha.provision.certificates import openssl
from appliance.ha.provision.errors import CommandError
from appliance.ha.provision.places import Places, write

log = logging.getLogger(__name__)

KEY = b"/hcc/shared"
WEB_FRONT = "nginx.service"
CERTIFICATE = (sys.executable, "-P", "-m", "provisioning.web_certificate")
"""Makes a new one where it is time; on the active only, else the boxes would take turns."""


@dataclass(frozen=True)
class SharedFile:
    """`path` lies below the state folder."""

    path: str
    mode: int
    programs: bool = False
    """Whether the appliance's programs read it, which are not root."""


FILES = (
    SharedFile("secrets/web-phone.key", 0o640, programs=True),
    SharedFile("secrets/webcti-token.key", 0o640, programs=True),
    SharedFile("tls/appliance.key", 0o600),
    SharedFile("tls/appliance.crt", 0o644),
)
"""The certificate after its key, as hcc-firstboot writes them."""

type Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
type Contents = dict[str, bytes]


class Sealed(msgspec.Struct, frozen=True):
    """What lies in etcd."""

    node: str
    digest: Digest
    """Of the contents, so that nobody has to open it to see that nothing has changed."""
    content: bytes


async def follow(etcd: EtcdClient, places: Places, cluster: Cluster) -> None:
    """Bring both in step: what is in etcd, and what lies here. What cannot be is told, and tried again."""
    found, leader = await etcd.get(KEY), await etcd.get(keys.LEADER)
    try:
        sealed = None if found is None else msgspec.json.decode(found.value, type=Sealed)
        leads = leader is not None and msgspec.json.decode(leader.value, type=LeaderValue).node == cluster.me
        if sealed is not None and (sealed.digest != seen(places) or not leads):
            _take_if_other(places, sealed)
        elif leads and leader is not None:
            _renew_certificate(places)
            await _give_if_other(etcd, places, cluster, leader, found)
    except (CommandError, OSError, msgspec.DecodeError) as error:
        log.warning("keys and web certificate are not in step: %s", error)


def _take_if_other(places: Places, sealed: Sealed) -> None:
    if sealed.digest != digest(contents(places)):
        take(places, unseal(places, sealed))
        log.info("keys and web certificate are now those of %s", sealed.node)
    note_seen(places, sealed.digest)


async def _give_if_other(
    etcd: EtcdClient, places: Places, cluster: Cluster, leader: KeyValue, found: KeyValue | None
) -> None:
    own = contents(places)
    if len(own) < len(FILES) or digest(own) == seen(places):
        return
    sealed = Sealed(cluster.me, digest(own), seal(places, own))
    same = is_absent(KEY) if found is None else is_unchanged(found)
    try:
        await etcd.write([same, is_unchanged(leader)], [Put(key=KEY, value=msgspec.json.encode(sealed))])
    except EtcdCompareError:
        return  # somebody else leads now; the next look tells
    note_seen(places, sealed.digest)
    log.info("keys and web certificate are kept for the other box")


# -- the files -------------------------------------------------------------------------------------


def _state(places: Places) -> Path:
    return places.root / config.load(places.settings_file).paths.state.lstrip("/")


def contents(places: Places) -> Contents:
    """Those that there are."""
    state = _state(places)
    return {one.path: (state / one.path).read_bytes() for one in FILES if (state / one.path).exists()}


def digest(found: Contents) -> Digest:
    return hashlib.sha256(msgspec.json.encode(found, order="sorted")).hexdigest()


def take(places: Places, found: Contents) -> None:
    """Write what differs; the web front, should it run here, takes a new certificate into use."""
    state = _state(places)
    for one in FILES:
        target, content = state / one.path, found[one.path]
        if target.exists() and target.read_bytes() == content:
            continue
        write(target, content, mode=0o600)
        if one.programs:
            os.chown(target, 0, grp.getgrnam("hcc").gr_gid)
        target.chmod(one.mode)
    _use_certificate()


def _renew_certificate(places: Places) -> None:
    """Before it ends, or when it lacks an address of the pair."""
    before = digest(contents(places))
    machine.run(*CERTIFICATE)
    if digest(contents(places)) != before:
        log.info("the web certificate was made anew")
        _use_certificate()


def _use_certificate() -> None:
    if machine.is_active(WEB_FRONT):
        machine.run("systemctl", "reload", WEB_FRONT, check=False)


def seen(places: Places) -> str:
    """Digest of what was the same here and in etcd last; empty: never."""
    return places.shared_seen.read_text("ascii") if places.shared_seen.exists() else ""


def note_seen(places: Places, value: Digest) -> None:
    if seen(places) != value:
        write(places.shared_seen, value)


# -- the envelope ----------------------------------------------------------------------------------


def seal(places: Places, found: Contents) -> bytes:
    """Signed by the cluster's authority and encrypted for it."""
    authority, key = str(places.authority), str(places.authority_key)
    words = ["cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-signer", authority, "-inkey", key]
    signed = openssl(*words, content=msgspec.json.encode(found))
    return openssl("cms", "-encrypt", "-binary", "-aes-256-gcm", "-outform", "DER", "-recip", authority, content=signed)


def unseal(places: Places, sealed: Sealed) -> Contents:
    """Raises CommandError when nobody with the authority's key has made it, or it is not complete."""
    authority, key = str(places.authority), str(places.authority_key)
    words = ["cms", "-decrypt", "-binary", "-inform", "DER", "-recip", authority, "-inkey", key]
    signed = openssl(*words, content=sealed.content)
    # Of a certificate that signs certificates openssl would not expect signed messages.
    words = ["cms", "-verify", "-binary", "-inform", "DER", "-CAfile", authority, "-certfile", authority]
    with tempfile.NamedTemporaryFile(suffix=".cms") as file:
        file.write(signed)
        file.flush()
        plain = openssl(*words, "-purpose", "any", "-in", file.name)
    try:
        found = msgspec.json.decode(plain, type=dict[str, bytes])
    except msgspec.DecodeError as error:
        raise CommandError(f"shared keys: {error}") from error
    if digest(found) != sealed.digest or set(found) != {one.path for one in FILES}:
        raise CommandError(f"shared keys of {sealed.node}: not what its digest says")
    return found
