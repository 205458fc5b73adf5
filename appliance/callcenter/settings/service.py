"""Reading and changing the hospital's settings."""

from appliance.callcenter.people import audit
from appliance.callcenter.people.model import Author
from appliance.callcenter.settings import store
from appliance.callcenter.settings.model import Settings
from appliance.db import Sessions


class SettingsService:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def load(self) -> Settings:
        async with self._sessions() as session, session.begin():
            return await store.load(session)

    async def save(self, settings: Settings, author: Author) -> None:
        async with self._sessions() as session, session.begin():
            changed = await store.save(session, settings)
            if changed:
                detail = "; ".join(f"{key}: {getattr(settings, key)}" for key in changed)
                audit.note(session, author, "change", "settings", "", detail)
                await store.bump_revision(session)
