"""Datagrams between the two boxes: what they say, and how each knows that the other said it, now. Pure.

A datagram is a mark, an HMAC-SHA256 and a message in msgpack. The key is derived from what only the boxes of this
cluster share. Each message names the run of the agent that sends it and the one that it is for, and is numbered: what
was recorded earlier, or comes twice over two links, is refused.
"""

import hashlib
import hmac
from collections import Counter, OrderedDict
from enum import StrEnum

import msgspec

from appliance.ha.decision.promise import Ask

MARK = b"HCC\x01"
MAC_BYTES = 32
MOST_BYTES = 1_200
"""Fits into every network's packets."""
RUNS_KEPT = 1_000
_PURPOSE = b"hcc: datagrams between the boxes, 1"


class Refusal(StrEnum):
    NOISE = "noise"
    """Not one of ours at all."""
    FORGED = "forged"
    """The key is another."""
    NONSENSE = "nonsense"
    """Ours, and not to be understood."""
    MISDIRECTED = "misdirected"
    """Not from the peer, or not to us."""
    OTHER_RUN = "other_run"
    """For an earlier run of our agent, or from an earlier one of the peer's."""
    REPEATED = "repeated"
    """Seen before: it came over the other link, or was recorded."""


class Message(msgspec.Struct, frozen=True):
    """What one box says. Unknown fields are let pass: the peer may be one version newer."""

    sender: str
    to: str
    run: str
    """Of the sender's agent."""
    to_run: str
    """The receiver's run as the sender knows it; empty: unknown."""
    number: int
    fitness: int = 0
    gateway: bool = False
    able: bool = True
    epoch: int = 0
    ask: Ask | None = None
    promise: Ask | None = None
    """The answer to that, unchanged."""


class RefusedError(Exception):
    def __init__(self, why: Refusal) -> None:
        super().__init__(why)
        self.why = why


def derive_key(secret: bytes, cluster: str) -> bytes:
    return hmac.digest(secret, _PURPOSE + b"\0" + cluster.encode(), hashlib.sha256)


def seal(key: bytes, message: Message) -> bytes:
    body = msgspec.msgpack.encode(message)
    return MARK + hmac.digest(key, MARK + body, hashlib.sha256) + body


def unseal(key: bytes, datagram: bytes) -> Message:
    """Raises RefusedError."""
    if not datagram.startswith(MARK) or not len(MARK) + MAC_BYTES < len(datagram) <= MOST_BYTES:
        raise RefusedError(Refusal.NOISE)
    mac, body = datagram[len(MARK) : len(MARK) + MAC_BYTES], datagram[len(MARK) + MAC_BYTES :]
    if not hmac.compare_digest(mac, hmac.digest(key, MARK + body, hashlib.sha256)):
        raise RefusedError(Refusal.FORGED)
    try:
        return msgspec.msgpack.decode(body, type=Message)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedError(Refusal.NONSENSE) from error


class Conversation:
    """What was said to us, and whom we hear; numbers what we say."""

    def __init__(self, key: bytes, me: str, other: str, run: str) -> None:
        self._key = key
        self._me = me
        self.other = other
        self.run = run
        self.peer_run = ""
        self.greets = ""
        """A run that does not know ours yet: to be told."""
        self._said = 0
        self._heard = 0
        self._earlier: OrderedDict[str, None] = OrderedDict()
        self.refused: Counter[Refusal] = Counter()

    def meet(self, other: str) -> None:
        """Somebody else is the peer from now on."""
        if other != self.other:
            self.other, self.greets = other, ""
            self._meet("")

    def say(self, **what: object) -> bytes:
        """A datagram; `what` as in Message."""
        self._said += 1
        to_run, self.greets = self.greets or self.peer_run, ""
        head = {"sender": self._me, "to": self.other, "run": self.run, "to_run": to_run, "number": self._said}
        return seal(self._key, msgspec.convert(head | what, Message))

    def hear(self, datagram: bytes) -> Message | None:
        """What the peer says to this very run; None: it was refused, and counted, or is only a greeting."""
        try:
            message = unseal(self._key, datagram)
            self._check(message)
        except RefusedError as error:
            self.refused[error.why] += 1
            return None
        if not message.to_run:
            self.greets = message.run
            return None
        return message

    def _check(self, message: Message) -> None:
        """Whoever names our run speaks now, for it is random. A greeting changes nothing: it may have been recorded."""
        if message.sender != self.other or message.to != self._me:
            raise RefusedError(Refusal.MISDIRECTED)
        if message.run in self._earlier or message.to_run not in {"", self.run}:
            raise RefusedError(Refusal.OTHER_RUN)
        if not message.to_run:
            return
        if message.run != self.peer_run:
            self._meet(message.run)
        if message.number <= self._heard:
            raise RefusedError(Refusal.REPEATED)
        self._heard = message.number

    def _meet(self, run: str) -> None:
        if self.peer_run:
            self._earlier[self.peer_run] = None
        if len(self._earlier) > RUNS_KEPT:
            self._earlier.popitem(last=False)
        self.peer_run, self._heard = run, 0
