"""People with open web sessions in a fresh database, for tests of sockets and islands."""

import asyncio
import contextlib

from appliance import clock, db, schema
from appliance.callcenter.people.sign_in_service import token_hash
from appliance.callcenter.people.tables import AgentRow, SessionRow, UserRow

PEOPLE = (
    ("agent1", "agent", 1, "zh_CN"),
    ("agent2", "agent", 2, "en"),
    ("manager", "manager", None, "zh_CN"),
    ("admin", "administrator", None, "zh_CN"),
)


def token_of(login: str) -> str:
    """The session cookie's value."""
    return f"token-{login}"


@contextlib.asynccontextmanager
async def people_database(folder):
    """Sessions of a database in `folder` where everybody of PEOPLE is logged in."""
    url = f"sqlite+aiosqlite:///{folder}/people.db"
    await asyncio.to_thread(schema.upgrade, url)
    engine = db.open_engine(url)
    sessions = db.sessions(engine)
    now = clock.now_ms()
    async with sessions() as session, session.begin():
        for number, (login, role, agent_id, language) in enumerate(PEOPLE, 1):
            session.add(UserRow(id=number, login=login, name=login, role=role, language=language, created_at=now))
            await session.flush()
            session.add(
                SessionRow(
                    token_hash=token_hash(token_of(login)),
                    user_id=number,
                    created_at=now,
                    last_seen_at=now,
                    expires_at=now + 3_600_000,
                )
            )
            if agent_id:
                session.add(AgentRow(id=agent_id, user_id=number, number=str(1000 + agent_id)))
    yield sessions
    await engine.dispose()
