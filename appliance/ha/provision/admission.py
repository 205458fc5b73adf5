"""What the inviting box does for an applicant whose code was right: a place in etcd, a certificate, the passwords."""

import time

import msgspec

from appliance.ha.cluster_file import Cluster, Member, Part
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.provision import certificates, roster
from appliance.ha.provision.administration import Administration, access, initial_cluster
from appliance.ha.provision.errors import RefusedError
from appliance.ha.provision.places import Places
from appliance.ha.provision.roster import Roster
from appliance.ha.provision.wire import Application, Grant


class Admission:
    """`part`: what was invited."""

    def __init__(self, places: Places, cluster: Cluster, part: Part, name: str | None = None) -> None:
        self._places = places
        self._cluster = cluster
        self._part = part
        self._name = name

    async def admit(self, application: Application) -> Grant:
        """Raises ClusterError or EtcdError. A machine that applies again gets its place anew."""
        if application.part is not self._part:
            raise RefusedError(f"{self._part.value} was invited, {application.part.value} applies")
        async with EtcdClient(access(self._places, self._cluster, as_root=True)) as etcd:
            known, key = await roster.load(etcd)
            present = known or roster.of_cluster(self._cluster)
            member = self._member(present, application)
            wanted = present.with_member(member)
            grant = self._grant(application, member, wanted)
            administration, earlier = Administration(etcd), present.find(member.name)
            if earlier is not None:
                await administration.remove(earlier.address)
            seats = await administration.add_learner(member.address)
            if wanted != present:
                await roster.store(etcd, wanted, key)
        roster.keep(self._places, wanted.seen_from(self._cluster.me))
        return msgspec.structs.replace(grant, initial_cluster=initial_cluster(seats, member))

    def _member(self, present: Roster, application: Application) -> Member:
        earlier = next((one for one in present.members if one.address == application.address), None)
        name = application.name or self._name or (earlier.name if earlier else present.free_name(self._part))
        if name == self._cluster.me or (earlier and earlier.name != name):
            raise RefusedError(f"{application.address} is {earlier.name if earlier else name}'s")
        return Member(name, application.part, application.address, application.direct)

    def _grant(self, application: Application, member: Member, wanted: Roster) -> Grant:
        places, box = self._places, member.part is Part.BOX
        addresses = [address for address in (member.address, member.direct) if address]
        signed = certificates.sign(places, application.request.encode(), member.name, addresses)
        own = places.password if box else places.witness_password
        return Grant(
            member=member,
            roster=wanted,
            authority=places.authority.read_text("ascii"),
            certificate=signed.decode(),
            initial_cluster="",
            now_seconds=time.time(),
            password=own.read_text("ascii"),
            root_password=places.root_password.read_text("ascii") if box else None,
            witness_password=places.witness_password.read_text("ascii") if box else None,
            authority_key=places.authority_key.read_text("ascii") if box else None,
        )
