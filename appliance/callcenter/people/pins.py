"""PINs of agents: keyed to sign in at any desk phone. Only a hash is kept; the digits are never logged."""

import itertools

from sqlalchemy import select, update

from appliance import clock
from appliance.callcenter.forms import phrase
from appliance.callcenter.people.passwords import Passwords
from appliance.callcenter.people.sign_in_service import Attempts
from appliance.callcenter.people.tables import AgentRow
from appliance.db import Sessions

SHORTEST, LONGEST = 4, 8
FEWEST_DIFFERENT = 3


def weak_pin(pin: str, number: str) -> str | None:
    """Why `pin` is refused (a message id), or None."""
    if not (pin.isascii() and pin.isdigit() and SHORTEST <= len(pin) <= LONGEST):
        return phrase("4 to 8 digits")
    steps = {int(after) - int(before) for before, after in itertools.pairwise(pin)}
    if len(set(pin)) < FEWEST_DIFFERENT or len(steps) == 1 or pin == number:
        return phrase("This PIN is easy to guess; choose another one")
    return None


class Pins:
    """Checks PINs; five wrong ones lock an agent's number at the telephone for some minutes."""

    def __init__(self, sessions: Sessions, passwords: Passwords) -> None:
        self._sessions = sessions
        self._passwords = passwords
        self._attempts = Attempts()

    async def verify(self, number: str, pin: str) -> int | None:
        """The agent's id, or None: unknown number, wrong PIN, no PIN, locked, switched off."""
        now = clock.now_ms()
        if self._attempts.locked(number, now):
            return None
        async with self._sessions() as session:
            found = await session.execute(
                select(AgentRow.id, AgentRow.pin_hash).where(AgentRow.number == number, AgentRow.active)
            )
            row = found.one_or_none()
        if await self._passwords.verify(row.pin_hash if row is not None else "", pin) and row is not None:
            self._attempts.forget(number)
            return int(row.id)
        self._attempts.fail(number, now)
        return None

    async def store(self, agent: int, pin: str) -> None:
        hashed = await self._passwords.hash(pin)
        async with self._sessions() as session, session.begin():
            await session.execute(update(AgentRow).where(AgentRow.id == agent).values(pin_hash=hashed))
