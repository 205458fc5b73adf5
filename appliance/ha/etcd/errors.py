"""All that can go wrong with a request to etcd, as a small closed set; and how etcd's own errors map to it."""

from collections.abc import Sequence
from enum import Enum, auto

from appliance.ha.etcd.model import KeyValue


class EtcdError(Exception):
    """Never raised itself."""


class EtcdUnavailableError(EtcdError):
    """No endpoint answered in time, or there is no leader. Nothing was written."""


class EtcdOutcomeUnknownError(EtcdError):
    """The request was sent and no answer came: it may have been carried out, or be carried out later."""


class EtcdCompareError(EtcdError):
    """A write found the store other than it demanded; nothing was written. `found` is what the compared keys held."""

    def __init__(self, found: Sequence[KeyValue]) -> None:
        super().__init__("the compared keys have changed")
        self.found = tuple(found)


class EtcdCompactedError(EtcdError):
    """The revision asked for is no longer kept."""


class EtcdLeaseNotFoundError(EtcdError):
    """The lease has expired or was revoked."""


class EtcdPermissionError(EtcdError):
    """The user may not do this, or is not known by this password."""


class EtcdRefusedError(EtcdError):
    """etcd will never carry out this request: too large, no space, nonsense. `code` is gRPC's."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{text} ({code})")
        self.code = code
        self.text = text


class Verdict(Enum):
    """What an answer that is an error says about the request."""

    NOT_DONE = auto()
    """Certainly not carried out; another endpoint may be asked."""
    UNCLEAR = auto()
    TOKEN = auto()
    """Not carried out, because the token is no longer good."""
    REFUSED = auto()


UNAUTHENTICATED = 16
UNCLEAR_CODES = frozenset({1, 2, 4, 13, 14})
"""gRPC: cancelled, unknown, deadline exceeded, internal, unavailable."""

_NOT_DONE = ("etcdserver: no leader", "too many requests", "etcdserver: not capable", "etcdserver: unhealthy cluster")
_TOKEN = ("invalid auth token", "revision of auth store is old", "user name is empty")
_PERMISSION = ("permission denied", "authentication failed")


def verdict_on(code: int, text: str) -> Verdict:
    if code == UNAUTHENTICATED or any(part in text for part in _TOKEN):
        return Verdict.TOKEN
    if any(part in text for part in _NOT_DONE):
        return Verdict.NOT_DONE
    if code in UNCLEAR_CODES and not any(part in text for part in _PERMISSION):
        return Verdict.UNCLEAR
    return Verdict.REFUSED


def refusal(code: int, text: str) -> EtcdError:
    """The exception for an answer whose verdict is REFUSED."""
    if any(part in text for part in _PERMISSION):
        return EtcdPermissionError(text)
    if "lease not found" in text:
        return EtcdLeaseNotFoundError(text)
    if "has been compacted" in text:
        return EtcdCompactedError(text)
    return EtcdRefusedError(code, text)
