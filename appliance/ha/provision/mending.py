"""Members that are taken out, made anew, or left alone."""

import asyncio

import msgspec

from appliance.ha.cluster_file import Cluster, Part
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import EtcdError
from appliance.ha.etcd.model import KeyValue
from appliance.ha.provision import machine, roster
from appliance.ha.provision.administration import Administration, NotInStepError, access, initial_cluster, peer_url
from appliance.ha.provision.errors import ActiveError, AloneError, EtcdStartError, NotHereError, SentenceError
from appliance.ha.provision.places import Places
from appliance.ha.provision.steering import Steering, note

ALONE_SENTENCES = ("其他机器已断电", "the other machines are switched off")
REBUILD_SECONDS = 120.0


async def remove(places: Places, cluster: Cluster, name: str) -> None:
    """Take another member out. Raises UnknownMemberError, ActiveError."""
    _only_on_a_box(cluster)
    async with EtcdClient(access(places, cluster, as_root=True)) as etcd:
        known, key = await roster.load(etcd)
        present = known or roster.of_cluster(cluster)
        member = present.member(name)
        if name == cluster.me or await Steering(etcd, cluster).leader() == name:
            raise ActiveError(name)
        await Administration(etcd).remove(member.address)
        await roster.store(etcd, present.without(name), key)
    roster.keep(places, present.without(name).seen_from(cluster.me))
    note(f"{name} was taken out of the cluster")


def _only_on_a_box(cluster: Cluster) -> None:
    if cluster.own.part is Part.WITNESS:
        raise NotHereError(cluster.me)


async def rebuild(places: Places, cluster: Cluster) -> None:
    """Throw this member's etcd data away and fetch it anew from the others. Raises EtcdError, EtcdStartError."""
    _only_on_a_box(cluster)
    own = cluster.own
    others = [member for member in cluster.members if member != own]
    if not others:
        raise AloneError(own.name)
    machine.stop(machine.ETCD_UNIT)
    async with EtcdClient(access(places, cluster, as_root=True, asked=others)) as etcd:
        administration = Administration(etcd)
        initial = initial_cluster(await administration.add_learner(own.address), own)
        machine.forget_etcd(places)
        machine.configure_etcd(places, machine.etcd_settings(places, own.name, own.address, initial, existing=True))
        machine.start(machine.ETCD_UNIT)
        await _until_voting(administration, etcd)
    note(f"{own.name}'s part of etcd was made anew")


async def _until_voting(administration: Administration, etcd: EtcdClient) -> None:
    deadline = machine.Deadline(REBUILD_SECONDS)
    while not deadline.over:
        try:
            await administration.promote_learners()
            if not any(member.is_learner for member in await etcd.members()):
                return
        except NotInStepError:
            pass
        await asyncio.sleep(0.2)
    raise EtcdStartError


async def stand_alone(places: Places, cluster: Cluster, typed: str) -> None:
    """The others are gone for good: go on as the only member, with all data. Raises SentenceError, EtcdStartError."""
    _only_on_a_box(cluster)
    if typed.strip().lower() not in ALONE_SENTENCES:
        raise SentenceError
    note(f"{cluster.me} goes on as the only member: {typed.strip()}")
    own = cluster.own
    settings = machine.etcd_settings(
        places, own.name, own.address, f"{own.name}={peer_url(own.address)}", existing=False
    )
    machine.configure_etcd(places, settings | {"force-new-cluster": True})
    machine.restart(machine.ETCD_UNIT)
    async with EtcdClient(access(places, cluster, as_root=False, asked=[own])) as etcd:
        known, key = await _when_answering(etcd)
        machine.configure_etcd(places, settings)  # a second start with the order would do no harm; a later one might
        alone = msgspec.structs.replace(known or roster.of_cluster(cluster), members=(own,))
        await roster.store(etcd, alone, key)
    roster.keep(places, alone.seen_from(cluster.me))


async def _when_answering(etcd: EtcdClient) -> tuple[roster.Roster | None, KeyValue | None]:
    deadline, reason = machine.Deadline(REBUILD_SECONDS), ""
    while not deadline.over:
        try:
            return await roster.load(etcd)
        except EtcdError as error:
            reason = str(error)
        await asyncio.sleep(0.2)
    raise EtcdStartError(reason)


def leave(places: Places) -> None:
    """Forget that this machine was a member: keys, passwords, etcd's data. The call centre's data stays."""
    note("this machine leaves the cluster")
    machine.stop(machine.CARE_TIMER, machine.WITNESS_UNIT)
    machine.forget_etcd(places)
    places.forget()
