"""What the joining machine and the inviting box say to each other: one JSON object a line, over TLS."""

import asyncio
import ssl
from pathlib import Path

import msgspec

from appliance.ha.cluster_file import Address, Member, Name, Part
from appliance.ha.provision.roster import Roster

JOIN_PORT = 2381
VERSION = 1
LINE_BYTES = 2**16
ANSWER_SECONDS = 10.0

type Hex = str


class Message(msgspec.Struct, frozen=True, tag_field="kind", forbid_unknown_fields=True):
    """Anything on the wire."""


class Hello(Message, frozen=True, tag="hello"):
    version: int
    public: Hex
    request_hash: Hex
    """SHA-256 of the signing request that will follow."""
    seen: Hex
    """Fingerprint of the certificate that the joining machine was shown."""


class Challenge(Message, frozen=True, tag="challenge"):
    salt: Hex
    public: Hex


class Proof(Message, frozen=True, tag="proof"):
    proof: Hex


class Application(Message, frozen=True, tag="application"):
    request: str
    """The signing request, PEM."""
    part: Part
    address: Address
    direct: Address | None
    name: Name | None


class Grant(Message, frozen=True, tag="grant"):
    """Everything that makes a member; the keys of the kingdom only for a box."""

    member: Member
    roster: Roster
    authority: str
    certificate: str
    initial_cluster: str
    now_seconds: float
    password: str
    root_password: str | None = None
    witness_password: str | None = None
    authority_key: str | None = None


class Received(Message, frozen=True, tag="received"):
    """The grant is written down on the joining machine: from here on it needs nobody to finish."""


class Refusal(Message, frozen=True, tag="refusal"):
    code: str
    detail: str = ""


type Anything = Hello | Challenge | Proof | Application | Grant | Received | Refusal

_decoder = msgspec.json.Decoder(Hello | Challenge | Proof | Application | Grant | Received | Refusal)


class ProtocolError(Exception):
    """The other side said something that it may not say, or nothing."""


class Line:
    """One conversation."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def say(self, message: Anything) -> None:
        """Raises ProtocolError."""
        try:
            self._writer.write(msgspec.json.encode(message) + b"\n")
            await self._writer.drain()
        except OSError as error:
            raise ProtocolError(str(error)) from error

    async def hear[T: Message](self, kind: type[T], *, seconds: float = ANSWER_SECONDS) -> T | Refusal:
        """The next message. Raises ProtocolError when it is another one, too long, or does not come in time."""
        try:
            async with asyncio.timeout(seconds):
                text = await self._reader.readuntil(b"\n")
            message = _decoder.decode(text)
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError, msgspec.DecodeError) as error:
            raise ProtocolError(str(error) or type(error).__name__) from error
        if isinstance(message, (kind, Refusal)):
            return message
        raise ProtocolError(f"{type(message).__name__} instead of {kind.__name__}")

    async def close(self) -> None:
        self._writer.close()


def inviting_context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate, key)
    return context


def joining_context() -> ssl.SSLContext:
    """Trusts nobody yet: who it is, the code and the fingerprint tell."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def context_of(certificate_fingerprint: bytes, request_hash: Hex) -> bytes:
    """What both proofs cover."""
    return b"hcc-join-1" + certificate_fingerprint + request_hash.encode()


def number(text: Hex) -> int:
    """Raises ProtocolError."""
    try:
        return int(text, 16)
    except ValueError as error:
        raise ProtocolError(str(error)) from error


def salt(text: Hex) -> bytes:
    """Raises ProtocolError."""
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise ProtocolError(str(error)) from error
