"""The program `admin`: pages, lists, forms."""

from appliance import db
from appliance.callcenter.pair.watch import PairWatch
from appliance.config import Config
from appliance.programs import runner
from appliance.service import Supervisor
from appliance.webadmin.admin.part import AdminWeb, Services


async def admin(config: Config) -> None:
    engine = db.open_engine(config.database.url)
    await db.check_schema(engine)
    sessions = db.sessions(engine)
    services = Services(config, sessions)
    watch = PairWatch(services.pair, sessions)
    await Supervisor([services.renderer, AdminWeb(config, services), watch]).run()
    services.passwords.close()
    await engine.dispose()


if __name__ == "__main__":
    runner.main("admin", admin)
