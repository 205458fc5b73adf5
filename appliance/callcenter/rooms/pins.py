"""PINs of rooms: stored as slow, salted hashes (scrypt, RFC 7914), because six digits are soon tried."""

import hashlib
import hmac
import secrets

from appliance.callcenter.rooms.model import RoomEntry
from appliance.secret import Secret

COST = 2**14
SALT_BYTES = 16
DIGITS = 6


def new_pin() -> str:
    return "".join(secrets.choice("0123456789") for _ in range(DIGITS))


def hash_pin(pin: str) -> str:
    """Takes some 40 ms; call it in a thread."""
    salt = secrets.token_bytes(SALT_BYTES)
    return f"{salt.hex()}${_derived(pin, salt).hex()}"


def matches(stored: str, pin: Secret) -> bool:
    salt, _, derived = stored.partition("$")
    return bool(derived) and hmac.compare_digest(_derived(pin.reveal(), bytes.fromhex(salt)).hex(), derived)


def _derived(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=COST, r=8, p=1, dklen=32)


def role_of(entry: RoomEntry, pin: Secret) -> str:
    """`moderator`, `participant` or empty. A room without a PIN of its own lets everybody in who keys nothing."""
    if entry.moderator_hash and matches(entry.moderator_hash, pin):
        return "moderator"
    if entry.pin_hash:
        return "participant" if matches(entry.pin_hash, pin) else ""
    return "" if len(pin) else "participant"
