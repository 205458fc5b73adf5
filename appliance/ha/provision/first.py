"""Makes this box the first of a cluster: `hcc cluster init`. Broken off at any instant, it can be repeated."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from appliance.ha import cluster_file
from appliance.ha.cluster_file import Cluster, Member, Part
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import EtcdCompareError, EtcdError
from appliance.ha.etcd.link import Access, Certificates
from appliance.ha.provision import certificates, database, machine, moving, roster
from appliance.ha.provision.administration import Administration, Passwords, access, client_url
from appliance.ha.provision.errors import EtcdStartError, InClusterError
from appliance.ha.provision.places import Places, write

PASSWORD_BYTES = 24
FIRST_NAME = "box1"


@dataclass(frozen=True)
class Plan:
    """What `init` was asked for."""

    service: str
    service_v6: str | None = None
    name: str | None = None
    cluster: str = "hcc"
    address: str | None = None
    direct: str | None = None
    interface: str | None = None
    gateway: str | None = None
    move_data: bool = False
    """A box in use leaves SQLite for PostgreSQL."""


def plan_cluster(plan: Plan) -> Cluster:
    """Raises AddressError."""
    uplink = machine.uplink_for(plan.service, plan.interface, plan.address)
    own = Member(plan.name or FIRST_NAME, Part.BOX, uplink.address, plan.direct)
    service = machine.service_address(plan.service, plan.service_v6, uplink, plan.gateway)
    return Cluster(name=plan.cluster, me=own.name, members=(own,), service=service)


async def make(places: Places, plan: Plan, tell: Callable[[str], None] = lambda _: None) -> Cluster:
    """The cluster of one. Raises ClusterError; that it is made already is fine if it is the same."""
    present = cluster_file.load(places.cluster_file)
    if present is not None:
        if plan.service not in {present.service.v4, present.service.v6} or plan.name not in {None, present.me}:
            raise InClusterError(f"{present.name}, {present.me}, {present.service.v4}")
        return present
    cluster = plan_cluster(plan)
    if plan.move_data and database.is_elsewhere(places):
        tell(f"moved to PostgreSQL 数据已迁移: {moving.move(places)}")
    database.check(places, joins=False)
    _make_certificates(places, cluster)
    passwords = _make_passwords(places)
    machine.first_etcd(places, cluster)
    await _switch_users_on(places, cluster, passwords)
    async with EtcdClient(access(places, cluster, as_root=False)) as etcd:
        await _tell(etcd, roster.of_cluster(cluster))
    database.use_postgresql(places)
    write(places.founder_mark, b"", mode=0o644)
    roster.keep(places, cluster)
    machine.take_part(places, Part.BOX)
    return cluster


def _make_certificates(places: Places, cluster: Cluster) -> None:
    own = cluster.own
    certificates.make_key(places)
    certificates.make_authority(places, cluster.name)
    addresses = [address for address in (own.address, own.direct) if address]
    signed = certificates.sign(places, certificates.signing_request(places), own.name, addresses)
    write(places.certificate, signed, mode=0o644)


def _make_passwords(places: Places) -> Passwords:
    """Written down before etcd hears of them."""
    kept = {}
    for file in (places.root_password, places.password, places.witness_password):
        if not file.exists():
            write(file, secrets.token_urlsafe(PASSWORD_BYTES))
        kept[file] = file.read_text("ascii")
    return Passwords(*kept.values())


async def _switch_users_on(places: Places, cluster: Cluster, passwords: Passwords) -> None:
    files = Certificates(places.authority, places.certificate, places.key)
    anybody = Access([client_url(cluster.own.address)], files, request_seconds=6.0, try_seconds=2.0)
    reason: EtcdError | None = None
    deadline = machine.Deadline(machine.START_SECONDS)
    async with EtcdClient(anybody) as etcd:
        administration = Administration(etcd)
        while not deadline.over:
            try:
                if not await administration.users_are_on():
                    await administration.switch_users_on(passwords)
                return  # noqa: TRY300 - the end of a loop
            except EtcdError as error:
                reason = error
            await asyncio.sleep(0.2)
    raise EtcdStartError(str(reason))


async def _tell(etcd: EtcdClient, first: roster.Roster) -> None:
    known, key = await roster.load(etcd)
    if known is None:
        try:
            await roster.store(etcd, first, key)
        except EtcdCompareError as error:
            raise InClusterError(first.name) from error
