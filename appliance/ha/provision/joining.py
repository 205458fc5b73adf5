"""The joining machine's side: `hcc cluster join` and `hcc cluster witness`.

Broken off at any instant, it can be repeated.
Until the grant is written down nothing has changed here; from then on this machine finishes without the inviting box.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from appliance.ha import cluster_file
from appliance.ha.cluster_file import Cluster, Part
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import EtcdError
from appliance.ha.provision import certificates, database, errors, machine, pake, roster, wire
from appliance.ha.provision.administration import access
from appliance.ha.provision.errors import ClusterError
from appliance.ha.provision.pake import CodeMismatchError, Proofs
from appliance.ha.provision.places import Places, write
from appliance.ha.provision.wire import (
    Application,
    Challenge,
    Grant,
    Hello,
    Line,
    Proof,
    ProtocolError,
    Received,
    Refusal,
)

CONNECT_SECONDS = 10.0
GRANT_SECONDS = 900.0
"""A person may have to confirm on the other side."""
FINISH_SECONDS = 120.0
MOST_CLOCK_SECONDS = 3600.0

type Confirm = Callable[[bytes, bytes], Awaitable[bool]]
"""Whether the inviting box's fingerprint is the one on its screen; and ours, which is shown there."""


@dataclass(frozen=True)
class Wish:
    address: str
    """Of the inviting box."""
    code: str
    part: Part
    name: str | None = None
    direct: str | None = None
    port: int = wire.JOIN_PORT


def _refused(refusal: Refusal) -> ClusterError:
    kinds = {kind.code: kind for kind in ClusterError.__subclasses__()}
    return kinds.get(refusal.code, errors.RefusedError)(refusal.detail)


async def join(places: Places, wish: Wish, confirm: Confirm) -> Cluster:
    """Become a member. Raises ClusterError."""
    present = cluster_file.load(places.cluster_file)
    if present is not None:
        return await _still_member(places, present)
    if not places.joining_file.exists():
        if wish.part is Part.BOX:
            database.check(places, joins=True)
        await _apply(places, wish, confirm)
    return await finish(places)


async def _still_member(places: Places, present: Cluster) -> Cluster:
    try:
        async with EtcdClient(access(places, present, as_root=False)) as etcd:
            known, _ = await roster.load(etcd)
    except EtcdError as error:
        raise errors.NoQuorumError(str(error)) from error
    if known is None or known.find(present.me) is None:
        raise errors.InClusterError(f"{present.me}: removed from {present.name}")
    return present


# -- applying --------------------------------------------------------------------------------------


async def _apply(places: Places, wish: Wish, confirm: Confirm) -> None:
    certificates.make_key(places)
    request = certificates.signing_request(places)
    request_hash = hashlib.sha256(request).digest()
    fingerprint = await _look(wish)
    if not await confirm(fingerprint, request_hash):
        raise errors.NotConfirmedError
    line, seen, address = await _connect(wish)
    try:
        if seen != fingerprint:
            raise errors.MiddleError
        await _prove(line, wish.code, fingerprint, request_hash.hex())
        await line.say(Application(request.decode(), wish.part, address, wish.direct, wish.name))
        grant = await line.hear(Grant, seconds=GRANT_SECONDS)
        if isinstance(grant, Refusal):
            raise _refused(grant)
        _store(places, grant)
        await line.say(Received())
    except ProtocolError as error:
        raise errors.ConnectError(str(error)) from error
    finally:
        await line.close()


async def _connect(wish: Wish) -> tuple[Line, bytes, str]:
    """The conversation, the certificate's fingerprint, and our own address towards the inviting box."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(
                wish.address, wish.port, ssl=wire.joining_context(), limit=wire.LINE_BYTES
            )
    except (OSError, TimeoutError) as error:
        raise errors.ConnectError(f"{wish.address}: {error or 'no answer'}") from error
    certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return Line(reader, writer), certificates.fingerprint(certificate), str(writer.get_extra_info("sockname")[0])


async def _look(wish: Wish) -> bytes:
    """The fingerprint alone: a person takes her time to compare it."""
    line, fingerprint, _ = await _connect(wish)
    await line.close()
    return fingerprint


async def _prove(line: Line, code: str, fingerprint: bytes, request_hash: str) -> None:
    """That we know the code, and that the other side does. Raises ClusterError or ProtocolError."""
    joiner = pake.Joiner(code)
    ours = joiner.public
    await line.say(Hello(wire.VERSION, f"{ours:x}", request_hash, fingerprint.hex()))
    challenge = await line.hear(Challenge)
    if isinstance(challenge, Refusal):
        raise _refused(challenge)
    theirs = wire.number(challenge.public)
    try:
        premaster = joiner.premaster(wire.salt(challenge.salt), theirs)
        proofs = Proofs.of(joiner.group, premaster, ours, theirs, wire.context_of(fingerprint, request_hash))
        await line.say(Proof(proofs.joiner))
        answer = await line.hear(Proof)
        if isinstance(answer, Refusal):
            raise _refused(answer)
        pake.check(answer.proof, proofs.inviter)
    except CodeMismatchError as error:
        raise errors.MiddleError from error


def _store(places: Places, grant: Grant) -> None:
    """The file that says we are joining last of all. Raises ClockError."""
    if abs(grant.now_seconds - time.time()) > MOST_CLOCK_SECONDS:
        raise errors.ClockError(time.strftime("%F %T", time.localtime()))
    machine.forget_etcd(places)
    write(places.authority, grant.authority, mode=0o644)
    write(places.certificate, grant.certificate, mode=0o644)
    for file, content in (
        (places.password, grant.password),
        (places.root_password, grant.root_password),
        (places.witness_password, grant.witness_password),
        (places.authority_key, grant.authority_key),
    ):
        if content is not None:
            write(file, content)
    me, address = grant.member.name, grant.member.address
    machine.configure_etcd(places, machine.etcd_settings(places, me, address, grant.initial_cluster, existing=True))
    write(places.joining_file, roster.toml(grant.roster.seen_from(me)), mode=0o644)


# -- finishing -------------------------------------------------------------------------------------


async def finish(places: Places) -> Cluster:
    """Start etcd, wait until it may vote, and be a member. Raises EtcdStartError."""
    cluster = cluster_file.load(places.joining_file)
    if cluster is None:
        raise errors.AloneError
    machine.start(machine.ETCD_UNIT)
    known = await _when_voting(places, cluster)
    cluster = known.seen_from(cluster.me) if known else cluster
    if cluster.own.part is Part.BOX:
        database.use_postgresql(places)
    roster.keep(places, cluster)
    places.joining_file.unlink()
    machine.take_part(places, cluster.own.part)
    return cluster


async def _when_voting(places: Places, cluster: Cluster) -> roster.Roster | None:
    """As long as it only listens, our own etcd refuses to read for anybody."""
    deadline, reason = machine.Deadline(FINISH_SECONDS), "no answer"
    async with EtcdClient(access(places, cluster, as_root=False, asked=[cluster.own])) as etcd:
        while not deadline.over:
            try:
                known, _ = await roster.load(etcd)
            except EtcdError as error:
                reason = str(error)
            else:
                return known
            await asyncio.sleep(0.2)
    raise errors.EtcdStartError(reason)
