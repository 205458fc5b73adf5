"""Packets of ARP (RFC 826, 5227) and neighbour discovery (RFC 4861) about one address. No input or output here."""

import struct
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address

import msgspec

type Mac = bytes
"""Six bytes."""

BROADCAST: Mac = b"\xff" * 6
UNKNOWN: Mac = bytes(6)
NOBODY = IPv4Address(0)
ETHERTYPE_ARP = 0x0806
ARP_REQUEST, ARP_REPLY = 1, 2
_ETHERNET = struct.Struct("!6s6sH")
_ARP = struct.Struct("!HHBBH6s4s6s4s")
_ETHERNET_AND_IPV4 = (1, 0x0800, 6, 4)

NEIGHBOUR_SOLICITATION, NEIGHBOUR_ADVERTISEMENT = 135, 136
HOP_LIMIT = 255
"""RFC 4861 7.1: with any other the receiver drops it."""
ALL_NODES = IPv6Address("ff02::1")
_DISCOVERY = struct.Struct("!BBHI16s")
_SOLICITED, _OVERRIDE = 0x4000_0000, 0x2000_0000
_SOURCE_OPTION, _TARGET_OPTION = 1, 2

_FILTER_STEP = struct.Struct("HBBI")
_LOAD_WORD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_SENDER_OFFSET = _ETHERNET.size + 14


class Claim(msgspec.Struct, frozen=True):
    """Somebody said: this address is mine, and I am there."""

    address: IPv4Address | IPv6Address
    mac: Mac | None
    """None: not told; only in advertisements that answer one asker."""
    answer: bool
    """To somebody's question; else said unasked."""


def arp_announcements(mac: Mac, address: IPv4Address) -> tuple[bytes, bytes]:
    """Request and reply form: devices exist that believe only the one or the other."""
    return (
        _arp(ARP_REQUEST, mac, address, UNKNOWN, address, BROADCAST),
        _arp(ARP_REPLY, mac, address, mac, address, BROADCAST),
    )


def arp_probe(mac: Mac, address: IPv4Address) -> bytes:
    """Who has `address`? Without a sender, so that nobody learns anything from it (RFC 5227 2.1.1)."""
    return _arp(ARP_REQUEST, mac, NOBODY, UNKNOWN, address, BROADCAST)


def arp_request(mac: Mac, sender: IPv4Address, address: IPv4Address, to: Mac = BROADCAST) -> bytes:
    """Who has `address`? Asked for `sender`; `to` one neighbour whose hardware address is known, or all."""
    return _arp(ARP_REQUEST, mac, sender, UNKNOWN, address, to)


def _arp(operation: int, mac: Mac, sender: IPv4Address, target_mac: Mac, target: IPv4Address, to: Mac) -> bytes:
    head = _ETHERNET.pack(to, mac, ETHERTYPE_ARP)
    return head + _ARP.pack(*_ETHERNET_AND_IPV4, operation, mac, sender.packed, target_mac, target.packed)


def parse_arp(frame: bytes) -> Claim | None:
    """What the sender of a request or reply says of itself; None: a probe, or not ARP for IPv4 on Ethernet."""
    if len(frame) < _ETHERNET.size + _ARP.size:
        return None
    *kind, operation, mac, sender, _, _ = _ARP.unpack_from(frame, _ETHERNET.size)
    if tuple(kind) != _ETHERNET_AND_IPV4 or operation not in {ARP_REQUEST, ARP_REPLY} or sender == NOBODY.packed:
        return None
    if _ETHERNET.unpack_from(frame)[2] != ETHERTYPE_ARP:
        return None
    return Claim(IPv4Address(sender), mac, answer=operation == ARP_REPLY)


def arp_filter(senders: Iterable[IPv4Address]) -> bytes:
    """A classic BPF program (an array of `struct sock_filter`) that lets through what these addresses send.

    The rest of the network's broadcasts, storms too, then never reaches the program.
    """
    wanted = [int(sender) for sender in senders]
    steps = [(_LOAD_WORD, 0, 0, _SENDER_OFFSET)]
    steps += [(_JUMP_IF_EQUAL, len(wanted) - number, 0, sender) for number, sender in enumerate(wanted)]
    steps += [(_RETURN, 0, 0, 0), (_RETURN, 0, 0, 0xFFFF)]
    return b"".join(_FILTER_STEP.pack(*step) for step in steps)


def advertisement(mac: Mac, address: IPv6Address) -> bytes:
    """Unsolicited, overrides what neighbours know (RFC 4861 7.2.6). An ICMPv6 body; the kernel adds the checksum."""
    head = _DISCOVERY.pack(NEIGHBOUR_ADVERTISEMENT, 0, 0, _OVERRIDE, address.packed)
    return head + bytes((_TARGET_OPTION, 1)) + mac


def solicitation(mac: Mac, address: IPv6Address) -> bytes:
    """Who has `address`? An ICMPv6 body, for `solicited_node(address)`."""
    head = _DISCOVERY.pack(NEIGHBOUR_SOLICITATION, 0, 0, 0, address.packed)
    return head + bytes((_SOURCE_OPTION, 1)) + mac


def solicited_node(address: IPv6Address) -> IPv6Address:
    """The multicast group on which the owner of `address` listens (RFC 4291 2.7.1)."""
    return IPv6Address(int(IPv6Address("ff02::1:ff00:0")) | int(address) & 0xFF_FFFF)


def parse_advertisement(body: bytes) -> Claim | None:
    """The claim of a neighbour advertisement; None: something else, or broken (RFC 4861 7.1.2)."""
    if len(body) < _DISCOVERY.size:
        return None
    kind, code, _, flags, target = _DISCOVERY.unpack_from(body)
    if (kind, code) != (NEIGHBOUR_ADVERTISEMENT, 0) or target[0] == 0xFF:
        return None
    mac, rest = None, body[_DISCOVERY.size :]
    while rest:
        length = rest[1] * 8 if len(rest) > 1 else 0
        if not 0 < length <= len(rest):
            return None
        if rest[0] == _TARGET_OPTION and length == 8:
            mac = rest[2:8]
        rest = rest[length:]
    return Claim(IPv6Address(target), mac, answer=bool(flags & _SOLICITED))
