"""The program `pbx_config`: writes Asterisk's generated configuration before it starts."""

from pathlib import Path

from appliance import db
from appliance.callcenter.control.pbx_plan import PbxPlanner
from appliance.config import Config
from appliance.programs import runner


async def pbx_config(config: Config) -> None:
    engine = db.open_engine(config.database.url)
    await db.check_schema(engine)
    async with db.sessions(engine)() as session:
        await PbxPlanner(Path(config.paths.pbx)).write(session)
    await engine.dispose()


if __name__ == "__main__":
    runner.main("pbx_config", pbx_config)
