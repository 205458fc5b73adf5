"""What a member looks after by itself, at boot and every few minutes: `python -m appliance.ha.provision.care`.

Certificates are renewed before they end, learners that a broken-off joining left behind are let in, cluster.toml
follows what etcd says of the members, and both boxes get the same keys and web certificate. The witness has no signing
key: it leaves its request in etcd, a box signs it.
"""

import asyncio
import logging
import sys

from appliance import config, journal
from appliance.ha import cluster_file
from appliance.ha.cluster_file import Cluster, Member
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import EtcdCompareError, EtcdError
from appliance.ha.etcd.model import Delete, Put, is_absent, is_unchanged
from appliance.ha.provision import certificates, joining, roster, shared
from appliance.ha.provision.administration import Administration, NotInStepError, access
from appliance.ha.provision.errors import ClusterError
from appliance.ha.provision.places import Places, write
from appliance.ha.provision.roster import Roster

log = logging.getLogger(__name__)

REQUESTS = "/hcc/requests/"
SIGNED = "/hcc/signed/"


async def care(places: Places) -> bool:
    """Everything, each by itself; whether all of it could be done."""
    if places.joining_file.exists():
        await joining.finish(places)
    cluster = cluster_file.load(places.cluster_file)
    if cluster is None:
        return True
    holds_key = places.authority_key.exists()
    if holds_key:
        renew_here(places, cluster)
    try:
        async with EtcdClient(access(places, cluster, as_root=False)) as etcd:
            known = await _follow(etcd, places, cluster)
            if holds_key:
                await sign_requests(etcd, places, known)
                await shared.follow(etcd, places, cluster)
            else:
                await renew_through_boxes(etcd, places, cluster)
        if holds_key:
            await _let_learners_in(places, cluster)
    except EtcdError as error:
        log.info("etcd does not answer now: %s", error)
        return False
    return True


def _addresses(member: Member) -> list[str]:
    return [address for address in (member.address, member.direct) if address]


def renew_here(places: Places, cluster: Cluster) -> bool:
    """Sign ourselves anew when it is time; whether it was."""
    own = cluster.own
    if not certificates.is_due(places.certificate):
        return False
    signed = certificates.sign(places, certificates.signing_request(places), own.name, _addresses(own))
    write(places.certificate, signed, mode=0o644)
    log.info("the certificate of %s is renewed until %s", own.name, certificates.ends_at(places.certificate))
    return True


async def renew_through_boxes(etcd: EtcdClient, places: Places, cluster: Cluster) -> None:
    """Ask for a signature when it is time, and take it when it is there."""
    if not certificates.is_due(places.certificate):
        return
    signed = await etcd.get(f"{SIGNED}{cluster.me}".encode())
    if signed is not None and signed.value != places.certificate.read_bytes():
        write(places.certificate, signed.value, mode=0o644)
        log.info("the certificate of %s is renewed until %s", cluster.me, certificates.ends_at(places.certificate))
        return
    key = f"{REQUESTS}{cluster.me}".encode()
    if await etcd.get(key) is None:
        await etcd.write([is_absent(key)], [Put(key=key, value=certificates.signing_request(places))])


async def sign_requests(etcd: EtcdClient, places: Places, known: Roster) -> None:
    """For members only, and with the name and addresses that we know of them."""
    for request in (await etcd.list(REQUESTS.encode())).kvs:
        name = request.key.decode().removeprefix(REQUESTS)
        member = known.find(name)
        answer: list[Put | Delete] = [Delete(key=request.key)]
        if member is not None:
            signed = certificates.sign(places, request.value, name, _addresses(member))
            answer.append(Put(key=f"{SIGNED}{name}".encode(), value=signed))
        try:
            await etcd.write([is_unchanged(request)], answer)
        except EtcdCompareError:
            log.info("the other box has signed for %s", name)


async def _follow(etcd: EtcdClient, places: Places, cluster: Cluster) -> Roster:
    known, _ = await roster.load(etcd)
    if known is None or known.find(cluster.me) is None:
        log.info("%s is not a member any more", cluster.me)
        return known or roster.of_cluster(cluster)
    if roster.keep(places, known.seen_from(cluster.me)):
        log.info("members are now %s", ", ".join(member.name for member in known.members))
    return known


async def _let_learners_in(places: Places, cluster: Cluster) -> None:
    async with EtcdClient(access(places, cluster, as_root=True)) as etcd:
        try:
            await Administration(etcd).promote_learners()
        except NotInStepError:
            log.info("a new member has not everything yet")


def main() -> int:
    journal.configure_logging()
    try:
        asyncio.run(care(Places()))
    except (ClusterError, config.ConfigError) as error:
        log.warning("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
