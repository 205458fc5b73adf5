"""The program `witness`: what a witness runs besides etcd."""

import asyncio
import sys

from appliance import journal
from appliance.config import ConfigError
from appliance.ha import cluster_file
from appliance.ha.cluster_file import Part
from appliance.ha.provision.heartbeat import Heartbeat
from appliance.ha.provision.places import Places
from appliance.service import Supervisor

CONFIGURATION_ERROR = 78


def main() -> int:
    """78 (EX_CONFIG) when this machine is no witness."""
    journal.configure_logging()
    places = Places()
    try:
        cluster = cluster_file.load(places.cluster_file)
    except ConfigError as error:
        sys.stderr.write(f"<3>witness: {error}\n")
        return CONFIGURATION_ERROR
    if cluster is None or cluster.own.part is not Part.WITNESS:
        sys.stderr.write("<3>witness: this machine is no witness\n")
        return CONFIGURATION_ERROR
    asyncio.run(Supervisor([Heartbeat(places, cluster)]).run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
