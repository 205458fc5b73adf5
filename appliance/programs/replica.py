"""The program `replica`: files of the active box of a pair follow to the standby."""

import asyncio
import signal
from pathlib import Path

from appliance import db
from appliance.callcenter.calls.recordings import TAILS
from appliance.callcenter.replica import wire
from appliance.callcenter.replica.part import Box, Replica
from appliance.callcenter.replica.peer import Peer, Throttle
from appliance.callcenter.replica.places import Folders
from appliance.callcenter.replica.serving import Serving, application
from appliance.config import Config
from appliance.ha import cluster_file
from appliance.ha.agent.membership import Membership
from appliance.ha.cluster_file import Cluster, box_of
from appliance.ha.files_report import PROGRESS
from appliance.programs import runner
from appliance.service import Part, Supervisor


async def replica(config: Config) -> None:
    cluster = box_of(await asyncio.to_thread(cluster_file.load))
    engine = db.open_engine(config.database.url)
    following = _following(config, cluster, db.sessions(engine)) if cluster.peer is not None else []
    await Supervisor([Membership(cluster, _begin_anew), *following]).run()
    await engine.dispose()


def _begin_anew(_: Cluster) -> None:
    """The other box has come, gone or changed."""
    signal.raise_signal(signal.SIGTERM)


def _following(config: Config, cluster: Cluster, sessions: db.Sessions) -> list[Part]:
    """Nothing before there is another box."""
    assert cluster.peer is not None
    paths = config.paths
    folders = Folders(
        Path(paths.recordings), Path(paths.prompts), Path(paths.spool), tails=Path(paths.recordings) / TAILS
    )
    certificates = wire.Certificates(Path(cluster.pki))
    peer = Peer(wire.urls(cluster, wire.PORT), certificates.asking, Throttle())
    box = Box(cluster.me, cluster.peer.name, cluster_file.ACTIVE_MARK.exists, PROGRESS)
    work = Replica(box, folders, sessions, peer)
    seats = [(address, wire.PORT) for address in wire.addresses(cluster.own)]
    return [work, Serving(seats, certificates, application(folders, work, cluster.peer.name))]


if __name__ == "__main__":
    runner.main("replica", replica)
