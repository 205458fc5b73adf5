"""Short-lived tokens for web pages: made by an integrator's server with its key, bound to one agent."""

import base64
import binascii
import hashlib
import hmac

import msgspec

from appliance.callcenter.integrations.errors import BadKeyError, ExpiredKeyError
from appliance.callcenter.integrations.model import Scope
from appliance.clock import Millis

PREFIX = "hct_"
SHORTEST_SECONDS, LONGEST_SECONDS = 30, 12 * 3600


class Token(msgspec.Struct, frozen=True, array_like=True):
    """Nothing of it is secret; it is signed."""

    key: str
    """The key's public id."""
    agent: str
    scopes: tuple[Scope, ...]
    until: Millis


def write(secret: bytes, token: Token) -> str:
    body = msgspec.json.encode(token)
    return PREFIX + _plain(body) + "." + _plain(_sign(secret, body))


def read(secret: bytes, text: str, now: Millis) -> Token:
    """Raises BadKeyError or ExpiredKeyError."""
    try:
        body, signature = (_bytes(part) for part in text.removeprefix(PREFIX).split("."))
    except (ValueError, binascii.Error) as error:
        raise BadKeyError from error
    if not hmac.compare_digest(signature, _sign(secret, body)):
        raise BadKeyError
    token = msgspec.json.decode(body, type=Token)
    if token.until < now:
        raise ExpiredKeyError
    return token


def _sign(secret: bytes, body: bytes) -> bytes:
    return hmac.new(secret, b"webcti token " + body, hashlib.sha256).digest()


def _plain(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
