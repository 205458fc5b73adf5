"""The keys as the desk program knows them: who asks, from where, how often."""

import hmac
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from appliance import clock
from appliance.callcenter.integrations import key_store, tokens
from appliance.callcenter.integrations.errors import (
    BadKeyError,
    ExpiredKeyError,
    NoKeyError,
    TooOftenError,
    WrongOriginError,
    WrongSourceError,
)
from appliance.callcenter.integrations.key_service import PREFIX, secret_hash
from appliance.callcenter.integrations.model import ApiKey, Caller
from appliance.callcenter.integrations.rules import Bucket, comes_from
from appliance.clock import Millis
from appliance.db import Sessions

BURST_SECONDS = 2
STRANGERS_RATE, STRANGERS_BURST = 5.0, 20.0
STRANGERS_KNOWN = 1000


class KeyRing:
    """Knows every usable key. Reading it never waits for the database."""

    def __init__(self, sessions: Sessions, token_key: Path, zone: Callable[[], ZoneInfo]) -> None:
        self._sessions = sessions
        self._token_key = token_key
        self._zone = zone
        self._keys: dict[str, ApiKey] = {}
        self._buckets: dict[int, Bucket] = {}
        self._strangers: OrderedDict[str, Bucket] = OrderedDict()
        self._uses: dict[int, tuple[Millis, str]] = {}

    @property
    def keys(self) -> list[ApiKey]:
        return list(self._keys.values())

    async def load(self) -> None:
        """Read all keys again; those taken away are refused from now on."""
        async with self._sessions() as session:
            self._keys = {key.public_id: key for key in await key_store.usable(session)}
        self._buckets = {key.id: Bucket(key.per_second, key.per_second * BURST_SECONDS) for key in self._keys.values()}

    def knows(self, key: ApiKey) -> bool:
        """Whether it may still be used, with the secret that it had."""
        return key.public_id in self._keys

    def origins(self) -> set[str]:
        """Web pages that some key lets in."""
        return {origin for key in self._keys.values() for origin in key.origins}

    def recognise(self, credential: str, address: str, origin: str) -> Caller:
        """Whose key or token this is. Raises one error for each reason why not."""
        try:
            caller = self._recognise(credential, address)
        except NoKeyError, BadKeyError, ExpiredKeyError:
            self._slow_down(address)
            raise
        if origin and origin not in caller.key.origins:
            raise WrongOriginError(origin[:100])
        self._count(caller.key, address)
        return caller

    def again(self, caller: Caller, address: str) -> Caller:
        """Who was recognised, kept the connection and asks once more: with what the key allows now.

        Raises like `recognise`.
        """
        key = self._keys.get(caller.key.public_id)
        if key is None:
            raise BadKeyError
        if self._is_over(key) or (caller.until is not None and caller.until < clock.now_ms()):
            raise ExpiredKeyError
        if not comes_from(address, key.sources):
            raise WrongSourceError(address)
        self._count(key, address)
        if key is caller.key:
            return caller
        scopes = key.scopes if caller.until is None else caller.scopes & key.scopes
        return replace(caller, key=key, scopes=scopes)

    def _count(self, key: ApiKey, address: str) -> None:
        """Raises TooOftenError."""
        wait = self._buckets[key.id].take(time.monotonic())
        if wait:
            raise TooOftenError(wait)
        self._uses[key.id] = (clock.now_ms(), address)

    def _recognise(self, credential: str, address: str) -> Caller:
        if not credential:
            raise NoKeyError
        if credential.startswith(tokens.PREFIX):
            return self._of_token(credential)
        prefix, _, rest = credential.partition("_")
        public_id, _, secret = rest.partition("_")
        key = self._keys.get(public_id)
        if prefix != PREFIX or key is None or not hmac.compare_digest(secret_hash(secret), key.secret_hash):
            raise BadKeyError
        if self._is_over(key):
            raise ExpiredKeyError
        if not comes_from(address, key.sources):
            raise WrongSourceError(address)
        return Caller(key, key.scopes)

    def _of_token(self, credential: str) -> Caller:
        known = tokens.read(self._token_key.read_bytes(), credential, clock.now_ms())
        key = self._keys.get(known.key)
        if key is None:
            raise BadKeyError
        if self._is_over(key):
            raise ExpiredKeyError
        return Caller(key, frozenset(known.scopes) & key.scopes, known.agent, known.until)

    def make_token(self, caller: Caller, agent: str, seconds: int) -> tuple[str, Millis]:
        """A token for a web page of one agent, and when it ends."""
        until = clock.now_ms() + seconds * 1000
        token = tokens.Token(caller.key.public_id, agent, tuple(sorted(caller.scopes)), until)
        return tokens.write(self._token_key.read_bytes(), token), until

    def _is_over(self, key: ApiKey) -> bool:
        return bool(key.expires_on) and datetime.now(self._zone()).date().isoformat() > key.expires_on

    def _slow_down(self, address: str) -> None:
        """Who guesses keys is refused sooner than answered. Raises TooOftenError."""
        bucket = self._strangers.setdefault(address, Bucket(STRANGERS_RATE, STRANGERS_BURST))
        self._strangers.move_to_end(address)
        if len(self._strangers) > STRANGERS_KNOWN:
            self._strangers.popitem(last=False)
        wait = bucket.take(time.monotonic())
        if wait:
            raise TooOftenError(wait)

    async def store_uses(self) -> None:
        """Note when each key was used last."""
        uses, self._uses = self._uses, {}
        if uses:
            async with self._sessions() as session, session.begin():
                await key_store.used(session, uses)
