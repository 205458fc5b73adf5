"""SRP-6a (RFC 5054): two sides show each other that they know the code; nobody who listens or stands between learns it.

Eight digits are few: a hash of them could be tried out in a moment. Here each try needs a conversation of its own with
the inviting box, which counts them. Both proofs also cover `context`: the certificate and the key that each side sees.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

IDENTITY = b"hcc-cluster"
SECRET_BITS = 256


@dataclass(frozen=True)
class Group:
    """A safe prime with its generator, and the hash that goes with it."""

    prime: int
    generator: int
    digest: str = "sha256"

    @property
    def size(self) -> int:
        return (self.prime.bit_length() + 7) // 8

    def hash(self, *parts: bytes) -> bytes:
        return hashlib.new(self.digest, b"".join(parts)).digest()

    def padded(self, number: int) -> bytes:
        return number.to_bytes(self.size)

    def number(self, *parts: bytes) -> int:
        return int.from_bytes(self.hash(*parts))

    @property
    def multiplier(self) -> int:
        return self.number(self.padded(self.prime), self.padded(self.generator))

    def private(self, salt: bytes, code: bytes, identity: bytes = IDENTITY) -> int:
        return self.number(salt, self.hash(identity, b":", code))

    def acceptable(self, public: int) -> bool:
        """A public value that is a multiple of the prime would make the secret known."""
        return 0 < public < self.prime


GROUP_2048 = Group(
    int(
        "AC6BDB41324A9A9BF166DE5E1389582FAF72B6651987EE07FC3192943DB56050A37329CBB4A099ED8193E0757767A13D"
        "D52312AB4B03310DCD7F48A9DA04FD50E8083969EDB767B0CF6095179A163AB3661A05FBD5FAAAE82918A9962F0B93B8"
        "55F97993EC975EEAA80D740ADBF4FF747359D041D5C33EA71D281E446B14773BCA97B43A23FB801676BD207A436C6481"
        "F1D2B9078717461A5B9D32E688F87748544523B524B0D57D5EA77A2775D2ECFA032CFBDBF52FB3786160279004E57AE6"
        "AF874E7303CE53299CCC041C7BC308D82A5698F3A8D0C38271AE35F8E9DBFBB694B5C803D89F7AE435DE236D525F5475"
        "9B65E372FCD68EF20FA7111F9E4AFF73",
        16,
    ),
    2,
)


class CodeMismatchError(Exception):
    """The other side does not know the code, or does not see the certificates that we see."""


@dataclass
class Joiner:
    """The side that was told the code."""

    code: str
    group: Group = GROUP_2048
    secret: int = field(default_factory=lambda: secrets.randbits(SECRET_BITS))

    @property
    def public(self) -> int:
        return pow(self.group.generator, self.secret, self.group.prime)

    def premaster(self, salt: bytes, theirs: int, identity: bytes = IDENTITY) -> int:
        """Raises CodeMismatchError for a public value that nobody sends in good faith."""
        group = self.group
        if not group.acceptable(theirs):
            raise CodeMismatchError
        scrambler = group.number(group.padded(self.public), group.padded(theirs))
        private = group.private(salt, self.code.encode(), identity)
        base = (theirs - group.multiplier * pow(group.generator, private, group.prime)) % group.prime
        return pow(base, self.secret + scrambler * private, group.prime)


@dataclass
class Inviter:
    """The side that made up the code; one object for each try."""

    code: str
    group: Group = GROUP_2048
    salt: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    secret: int = field(default_factory=lambda: secrets.randbits(SECRET_BITS))
    identity: bytes = IDENTITY

    @property
    def verifier(self) -> int:
        private = self.group.private(self.salt, self.code.encode(), self.identity)
        return pow(self.group.generator, private, self.group.prime)

    @property
    def public(self) -> int:
        group = self.group
        return (group.multiplier * self.verifier + pow(group.generator, self.secret, group.prime)) % group.prime

    def premaster(self, theirs: int) -> int:
        """Raises CodeMismatchError for a public value that nobody sends in good faith."""
        group = self.group
        if not group.acceptable(theirs):
            raise CodeMismatchError
        scrambler = group.number(group.padded(theirs), group.padded(self.public))
        return pow(theirs * pow(self.verifier, scrambler, group.prime), self.secret, group.prime)


@dataclass(frozen=True)
class Proofs:
    """What each side sends to show that it has the same premaster and the same context."""

    joiner: str
    inviter: str

    @staticmethod
    def of(group: Group, premaster: int, joiner_public: int, inviter_public: int, context: bytes) -> Proofs:
        key = hashlib.sha256(group.padded(premaster)).digest()
        said = group.padded(joiner_public) + group.padded(inviter_public) + context
        joiner = hmac.digest(key, b"joiner" + said, "sha256")
        return Proofs(joiner.hex(), hmac.digest(key, b"inviter" + said + joiner, "sha256").hex())


def check(shown: str, expected: str) -> None:
    """Raises CodeMismatchError."""
    if not hmac.compare_digest(shown.encode(), expected.encode()):
        raise CodeMismatchError
