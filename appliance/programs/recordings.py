"""The program `recordings`: joins the two sides of finished recordings and files them."""

from pathlib import Path

from appliance import db
from appliance.callcenter.calls.recordings import RecordingJoiner
from appliance.config import Config
from appliance.programs import runner
from appliance.service import Supervisor


async def recordings(config: Config) -> None:
    engine = db.open_engine(config.database.url)
    await db.check_schema(engine)
    joiner = RecordingJoiner(db.sessions(engine), Path(config.paths.spool), Path(config.paths.recordings))
    await Supervisor([joiner]).run()
    await engine.dispose()


if __name__ == "__main__":
    runner.main("recordings", recordings)
