"""The admin program with the demonstration hospital, once on SQLite and once on PostgreSQL."""

import os
import secrets
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from appliance import schema
from provisioning import demo_data
from tests.admin_site import Site, Visitor, config_in, site

POSTGRESQL = max(Path("/usr/lib/postgresql").glob("*/bin"))
ENGINES = ("sqlite", "postgresql")


def _as_postgres(*command: str) -> None:
    subprocess.run(["runuser", "-u", "postgres", "--", *command], check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of our own that listens on a socket file only; the address of an empty database."""
    folder = Path("/tmp") / f"pg-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o755)
    shutil.chown(folder, "postgres")
    data = str(folder / "data")
    _as_postgres(str(POSTGRESQL / "initdb"), "-D", data, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
    options = f"-k {folder} -c listen_addresses= -c fsync=off"
    _as_postgres(str(POSTGRESQL / "pg_ctl"), "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    _as_postgres(str(POSTGRESQL / "createdb"), "-h", str(folder), "hcc")
    yield f"postgresql+psycopg://postgres@/hcc?host={folder}"
    _as_postgres(str(POSTGRESQL / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
    shutil.rmtree(folder)


@dataclass
class Hospital:
    """A running site, its log-ins, and a visitor for each of them."""

    site: Site
    loaded: demo_data.Loaded
    visitors: dict[str, Visitor] = field(default_factory=dict)

    async def visitor(self, login: str) -> Visitor:
        if login not in self.visitors:
            self.visitors[login] = await self.site.signed_in(login, self.loaded.password)
        return self.visitors[login]


@pytest.fixture(scope="session", params=ENGINES)
async def hospital(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hospital]:
    folder = tmp_path_factory.mktemp(request.param)
    url = request.getfixturevalue("postgresql") if request.param == "postgresql" else ""
    config = config_in(folder, url)
    schema.upgrade(config.database.url)
    loaded = await demo_data.load(config)
    async with site(config) as running:
        yield Hospital(running, loaded)


@pytest.fixture
async def admin(hospital: Hospital) -> Visitor:
    return await hospital.visitor("admin")


@pytest.fixture
async def manager(hospital: Hospital) -> Visitor:
    return await hospital.visitor("manager")


@pytest.fixture
async def agent(hospital: Hospital) -> Visitor:
    return await hospital.visitor("agent1")


@pytest.fixture
async def empty_site(tmp_path: Path) -> AsyncIterator[Site]:
    """A box nobody has set up."""
    os.environ.pop("NOTIFY_SOCKET", None)
    config = config_in(tmp_path)
    schema.upgrade(config.database.url)
    async with site(config) as running:
        yield running
