"""The program `ha_agent`: the pair's agent on a box of a cluster."""

import asyncio
import contextlib
import logging
import signal
from pathlib import Path

from appliance.config import Config, ConfigError
from appliance.ha import cluster_file
from appliance.ha.address.service_address import ServiceAddress
from appliance.ha.address.uplink import Uplink
from appliance.ha.address.watchdog import Watchdog
from appliance.ha.agent.assembly import Surroundings, assemble, own_access
from appliance.ha.agent.guard import Guard
from appliance.ha.agent.units import SystemdServices
from appliance.ha.cluster_file import CLUSTER_PATH, Cluster, Part
from appliance.ha.postgres.controller import Postgres
from appliance.ha.provision.places import Places
from appliance.ha.provision.wish_socket import WishSocket
from appliance.programs import runner

log = logging.getLogger(__name__)

VERSION = Path("/usr/share/hcc/manifest/date")
LOOK_SECONDS = 2.0


class ClusterFileWatch:
    """A part of the agent. When the cluster changes (the other box joins), the agent begins anew, in order."""

    name = "cluster file"

    def __init__(self, known: Cluster) -> None:
        self._known = known

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if await asyncio.to_thread(self._has_changed):
                break
        log.info("%s has changed: beginning anew", CLUSTER_PATH)
        signal.raise_signal(signal.SIGTERM)
        await asyncio.Event().wait()

    def _has_changed(self) -> bool:
        """What cannot be read changes nothing."""
        with contextlib.suppress(ConfigError):
            found = cluster_file.load()
            return found is not None and found != self._known
        return False


def box_of(cluster: Cluster | None) -> Cluster:
    """Raises ConfigError when this machine is no box of a cluster."""
    if cluster is None:
        raise ConfigError(f"{CLUSTER_PATH}: there is none: this box stands alone")
    if cluster.own.part is Part.WITNESS:
        raise ConfigError(f"{CLUSTER_PATH}: this machine is the witness")
    return cluster


async def ha_agent(config: Config) -> None:
    cluster = box_of(await asyncio.to_thread(cluster_file.load))
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
        state=Path(config.paths.state),
        version=await asyncio.to_thread(_version),
        also=(ClusterFileWatch(cluster), WishSocket(cluster, lambda: own_access(cluster))),
    )
    await assemble(cluster, around).run()


def _version() -> str:
    with contextlib.suppress(OSError):
        return VERSION.read_text("ascii").strip()
    return "unknown"


if __name__ == "__main__":
    runner.main("ha_agent", ha_agent)
