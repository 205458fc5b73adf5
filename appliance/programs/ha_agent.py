"""The program `ha_agent`: the pair's agent on a box of a cluster."""

import asyncio
import contextlib
from pathlib import Path

from appliance.config import Config
from appliance.ha import cluster_file
from appliance.ha.address.service_address import ServiceAddress
from appliance.ha.address.uplink import Uplink
from appliance.ha.address.watchdog import Watchdog
from appliance.ha.agent.assembly import Surroundings, assemble, own_access
from appliance.ha.agent.guard import Guard
from appliance.ha.agent.units import SystemdServices
from appliance.ha.cluster_file import Cluster, box_of
from appliance.ha.postgres.controller import Postgres
from appliance.ha.postgres.layout import Layout
from appliance.ha.provision.places import Places
from appliance.ha.provision.wish_socket import WishSocket
from appliance.programs import runner

VERSION = Path("/usr/share/hcc/manifest/date")


def members() -> Cluster:
    """As they are now. Raises ConfigError."""
    return box_of(cluster_file.load())


async def ha_agent(config: Config) -> None:
    cluster = await asyncio.to_thread(members)
    postgres = Postgres.of(cluster)
    founder = Places().founder_mark
    if cluster.peer is None or founder.exists():
        await postgres.initialise()
        founder.unlink(missing_ok=True)
    uplink = Uplink(cluster.service, cluster.own.address)
    around = Surroundings(
        postgres=postgres,
        services=SystemdServices(),
        address=ServiceAddress(cluster.service, uplink),
        uplink=uplink,
        guard=Guard(Watchdog(cluster.watchdog)),
        disks=(Path(config.paths.state), Layout().home),
        version=await asyncio.to_thread(_version),
        also=(WishSocket(members, own_access),),
    )
    await assemble(cluster, around).run()


def _version() -> str:
    with contextlib.suppress(OSError):
        return VERSION.read_text("ascii").strip()
    return "unknown"


if __name__ == "__main__":
    runner.main("ha_agent", ha_agent)
