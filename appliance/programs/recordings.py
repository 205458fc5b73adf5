"""The program `recordings`: makes finished recordings stereo files and files them."""

from pathlib import Path

from appliance import db
from appliance.callcenter.calls.recordings import RecordingFiler
from appliance.config import Config
from appliance.programs import runner
from appliance.service import Supervisor


async def recordings(config: Config) -> None:
    engine = db.open_engine(config.database.url)
    await db.check_schema(engine)
    await engine.dispose()
    plain = db.open_plain_engine(config.database.url)
    filer = RecordingFiler(plain, Path(config.paths.spool), Path(config.paths.recordings))
    await Supervisor([filer]).run()
    plain.dispose()


if __name__ == "__main__":
    runner.main("recordings", recordings)
