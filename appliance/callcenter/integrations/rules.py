"""Rules of WebCTI: who may come in, how often, and when a webhook is tried again. Pure; time is an argument."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from appliance.clock import Millis

DAY_MS = 86_400_000
PAUSES_SECONDS = (1, 5, 15, 60, 300, 900)
"""Before trying a webhook again that did not take an event."""
REFUSALS = 5
"""How often the other side may refuse (4xx) the same event before it is put aside."""
KEEP_TRYING_MS = DAY_MS

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass
class Bucket:
    """A token bucket: `rate` requests a second on average, `burst` at once."""

    rate: float
    burst: float
    level: float = -1.0
    at: float = 0.0

    def take(self, now: float) -> float:
        """0 when the request may go on, else after how many seconds it may. `now` is a monotonic clock's seconds."""
        if self.level < 0:
            self.level, self.at = self.burst, now
        self.level = min(self.burst, self.level + (now - self.at) * self.rate)
        self.at = now
        if self.level >= 1:
            self.level -= 1
            return 0.0
        return (1 - self.level) / self.rate


def parse_address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_range(text: str) -> bool:
    """Whether `text` is an address or a range such as 10.1.0.0/16."""
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def comes_from(address: str, ranges: Iterable[str]) -> bool:
    """Whether `address` lies in one of `ranges`; no range at all means anywhere."""
    allowed = [ipaddress.ip_network(text, strict=False) for text in ranges]
    if not allowed:
        return True
    known = parse_address(address)
    return known is not None and any(known in network for network in allowed)


def is_origin(text: str) -> bool:
    """Whether `text` is what browsers send as Origin (RFC 6454 6.1): scheme, host, maybe a port."""
    parts = urlsplit(text)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and text == f"{parts.scheme}://{parts.netloc}"


def may_be_target(address: str, *, public: bool) -> bool:
    """Whether webhooks may be sent there: to hospital networks always, public ones by setting, ourselves never."""
    known = parse_address(address)
    if known is None or known.is_loopback or known.is_link_local or known.is_multicast:
        return False
    if known.is_unspecified or known.is_reserved:
        return False
    return known.is_private or public


@dataclass(frozen=True)
class Again:
    """Try after so many seconds."""

    seconds: int


@dataclass(frozen=True)
class PutAside:
    """To the list of what could not be delivered."""


def after_failure(status: int | None, attempts: int, failures: int, age_ms: Millis) -> Again | PutAside:
    """What to do with an event that was not taken.

    `status` is the HTTP status or None without an answer, `attempts` counts those of this event, `failures` those of
    the webhook in a row. A refusal is about the event; anything else about the other side, so that the event waits.
    """
    refused = status is not None and 400 <= status < 500 and status not in {401, 403, 407, 408, 425, 429}
    if (refused and attempts >= REFUSALS) or age_ms > KEEP_TRYING_MS:
        return PutAside()
    return Again(PAUSES_SECONDS[min(max(failures, 1), len(PAUSES_SECONDS)) - 1])


def host_of(url: str) -> str:
    return urlsplit(url).hostname or ""
