"""The program `recordings`: files finished recordings as stereo sound, and deletes them when their time is over."""

from pathlib import Path

from appliance import db
from appliance.callcenter.calls.recordings import RecordingFiler
from appliance.callcenter.calls.retention import Retention
from appliance.config import Config
from appliance.ha import cluster_file
from appliance.programs import runner
from appliance.service import Supervisor


async def recordings(config: Config) -> None:
    engine = db.open_engine(config.database.url)
    await db.check_schema(engine)
    plain = db.open_plain_engine(config.database.url)
    filer = RecordingFiler(plain, Path(config.paths.spool), Path(config.paths.recordings))
    retention = Retention(db.sessions(engine), Path(config.paths.recordings), _stands_alone)
    await Supervisor([filer, retention]).run()
    plain.dispose()
    await engine.dispose()


def _stands_alone() -> bool:
    cluster = cluster_file.load()
    return cluster is None or cluster.peer is None


if __name__ == "__main__":
    runner.main("recordings", recordings)
