"""The exchange by which two machines show each other that they know the eight digits."""

import pytest

from appliance.ha.provision import pake, wire
from appliance.ha.provision.pake import CodeMismatchError, Group, Inviter, Joiner, Proofs


def number(text: str) -> int:
    return int(text.replace(" ", "").replace("\n", ""), 16)


# RFC 5054, appendices A (1024 bits) and B.
GROUP = Group(
    number("""EEAF0AB9 ADB38DD6 9C33F80A FA8FC5E8 60726187 75FF3C0B 9EA2314C 9C256576 D674DF74 96EA81D3 383B4813
    D692C6E0 E0D5D8E2 50B98BE4 8E495C1D 6089DAD1 5DC7D7B4 6154D6B6 CE8EF4AD 69B15D49 82559B29 7BCF1885 C529F566
    660E57EC 68EDBC3C 05726CC0 2FD4CBF4 976EAA9A FD5138FE 8376435B 9FC61D2F C0EB06E3"""),
    2,
    "sha1",
)
SALT = bytes.fromhex("BEB25379D1A8581EB5A727673A2441EE")
PREMASTER = number("""B0DC82BA BCF30674 AE450C02 87745E79 90A3381F 63B387AA F271A10D 233861E3 59B48220 F7C4693C
    9AE12B0A 6F67809F 0876E2D0 13800D6C 41BB59B6 D5979B5C 00A172B4 A2A5903A 0BDCAF8A 709585EB 2AFAFA8F 3499B200
    210DCC1F 10EB3394 3CD67FC8 8A2F39A4 BE5BEC4E C0A3212D C346D7E4 74B29EDE 8A469FFE CA686E5A""")


def rfc_joiner(code: str) -> Joiner:
    return Joiner(code, GROUP, number("60975527035CF2AD1989806F0407210BC81EDC04E2762A56AFD529DDDA2D4393"))


def rfc_inviter() -> Inviter:
    secret = number("E487CB59D31AC550471E81F00F6928E01DDA08E974A004F49E61F5D105284D20")
    return Inviter("password123", GROUP, SALT, secret, b"alice")


def test_values_of_the_standard_come_out():
    joiner, inviter = rfc_joiner("password123"), rfc_inviter()
    assert GROUP.multiplier == number("7556AA045AEF2CDD07ABAF0F665C3E818913186F")
    assert GROUP.private(SALT, b"password123", b"alice") == number("94B7555AABE9127CC58CCF4993DB6CF84D16C124")
    assert joiner.premaster(SALT, inviter.public, b"alice") == PREMASTER
    assert inviter.premaster(joiner.public) == PREMASTER


def is_prime(candidate: int) -> bool:
    return all(pow(base, candidate - 1, candidate) == 1 for base in (2, 3, 5, 7, 11, 13))


def test_our_own_group_is_a_safe_prime():
    prime = pake.GROUP_2048.prime
    assert prime.bit_length() == 2048
    assert is_prime(prime)
    assert is_prime(prime // 2)


def proofs(joiner: Joiner, inviter: Inviter, seen: bytes, shown: bytes) -> tuple[Proofs, Proofs]:
    """As each side computes them, which see (or show) a certificate."""
    mine, theirs = joiner.public, inviter.public
    of_joiner = Proofs.of(joiner.group, joiner.premaster(inviter.salt, theirs), mine, theirs, seen)
    return of_joiner, Proofs.of(inviter.group, inviter.premaster(mine), mine, theirs, shown)


def test_both_sides_agree_with_the_same_code_and_certificate():
    ours, theirs = proofs(Joiner("00420042"), Inviter("00420042"), b"certificate", b"certificate")
    assert ours == theirs


@pytest.mark.req("HA-1")
@pytest.mark.parametrize(("code", "seen"), [("00420043", b"certificate"), ("00420042", b"another certificate")])
def test_another_code_or_another_certificate_makes_other_proofs(code: str, seen: bytes):
    ours, theirs = proofs(Joiner(code), Inviter("00420042"), seen, b"certificate")
    for mine, expected in ((ours.joiner, theirs.joiner), (ours.inviter, theirs.inviter)):
        with pytest.raises(CodeMismatchError):
            pake.check(mine, expected)


@pytest.mark.parametrize(
    "public", [0, pake.GROUP_2048.prime, 5 * pake.GROUP_2048.prime], ids=["0", "prime", "5 primes"]
)
def test_values_that_would_give_the_secret_away_are_refused(public: int):
    with pytest.raises(CodeMismatchError):
        Inviter("00420042").premaster(public)
    with pytest.raises(CodeMismatchError):
        Joiner("00420042").premaster(b"salt", public)


@pytest.mark.parametrize("text", ["", "xyz", "12 34 "])
def test_nonsense_on_the_wire_is_an_error_of_the_protocol(text: str):
    with pytest.raises(wire.ProtocolError):
        wire.number(text)
