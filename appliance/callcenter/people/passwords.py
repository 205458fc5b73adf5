"""Passwords: which are acceptable, and hashing them without stopping the event loop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import argon2

from appliance.callcenter.forms import phrase

SHORTEST = 8
LONGEST = 128
FEWEST_DIFFERENT = 4
AT_ONCE = 2

_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "zaqwsxcderfvbgtyhnmjuiklop",
    "!@#$%^&*()!@#$%^&*()",
)
_WORDS = frozenset((Path(__file__).parent / "common_passwords.txt").read_text("utf-8").split())


def weakness(password: str, login: str = "") -> str | None:
    """Why `password` is refused (a message id), or None. Not character classes count but how guessable it is."""
    if len(password) < SHORTEST:
        return phrase("Use at least 8 characters")
    if len(password) > LONGEST:
        return phrase("This is too long")
    plain = password.lower()
    if plain in _WORDS or len(set(plain)) < FEWEST_DIFFERENT or _is_run(plain):
        return phrase("This password is used by many people; choose another one")
    if login and len(login) > 2 and login.lower() in plain:
        return phrase("The password must not contain the user name")
    return None


def _is_run(plain: str) -> bool:
    """Whether the whole password is a stretch of an alphabet or of neighbouring keys, either way round."""
    return any(plain in run or plain[::-1] in run for run in _RUNS)


class Passwords:
    """Argon2id with 19 MiB, two passes, one lane (OWASP's recommendation), at most two at a time."""

    def __init__(self) -> None:
        self._hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._executor = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
        self._decoy = self._hasher.hash("nobody's password")

    async def hash(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._hasher.hash, password)

    async def verify(self, stored: str, password: str) -> bool:
        """An empty `stored` (no such user, no password yet) costs the same time as a real one."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._verify, stored, password)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            self._hasher.verify(stored or self._decoy, password)
        except argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError:
            return False
        return bool(stored)

    def close(self) -> None:
        self._executor.shutdown(wait=False)
