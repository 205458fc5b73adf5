"""One interface's network: says and hears ARP and neighbour discovery through raw sockets (CAP_NET_RAW)."""

import asyncio
import contextlib
import ctypes
import errno
import fcntl
import socket
import struct
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address

from appliance.ha.address import frames
from appliance.ha.address.frames import Claim, Mac

type IPAddress = IPv4Address | IPv6Address

_ATTACH_FILTER = 26
_ICMP6_FILTER = 1
_GET_FLAGS = 0x8913
_INTERFACE_FLAGS = struct.Struct("16sH22x")
_RUNNING = 0x40
_READ_AT_ONCE = 32
"""Packets before others get their turn."""


def has_carrier(interface: str) -> bool:
    """Whether the interface is there, up and connected (netdevice(7), IFF_RUNNING)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking, contextlib.suppress(OSError):
        answer = fcntl.ioctl(asking, _GET_FLAGS, _INTERFACE_FLAGS.pack(interface.encode(), 0))
        return bool(_INTERFACE_FLAGS.unpack(answer)[1] & _RUNNING)
    return False


class Segment:
    """Sockets are opened when first needed and anew after an error: an interface may come and go.

    `heard` gets, in the event loop, what others claim about the `watched` addresses; without it nothing is received.
    """

    def __init__(
        self, interface: str, watched: Iterable[IPAddress] = (), heard: Callable[[Claim], None] | None = None
    ) -> None:
        self._interface = interface
        self._watched = frozenset(watched)
        self._heard = heard
        self._arp: socket.socket | None = None
        self._discovery: socket.socket | None = None

    def close(self) -> None:
        self._close_arp()
        self._close_discovery()

    def listen(self) -> None:
        """Open what the watched addresses need. Raises OSError."""
        versions = {address.version for address in self._watched}
        if 4 in versions:
            self._open_arp()
        if 6 in versions:
            self._open_discovery()

    def announce(self, address: IPAddress) -> None:
        """Tell all neighbours that `address` is here. Raises OSError; the next call tries with a new socket."""
        if isinstance(address, IPv4Address):
            for frame in frames.arp_announcements(self._mac(), address):
                self._send_arp(frame)
        else:
            self._send_discovery(frames.advertisement(self._mac(), address), frames.ALL_NODES)

    def ask(self, address: IPAddress, *, sender: IPv4Address = frames.NOBODY, to: Mac = frames.BROADCAST) -> None:
        """Ask who has `address`; the answer is `heard`. Raises OSError; the next call tries with a new socket.

        For IPv4: `sender` is whom the answer is for (none: nobody learns from the question), `to` a neighbour
        whose hardware address is known already.
        """
        if isinstance(address, IPv4Address):
            probe = sender == frames.NOBODY
            mac = self._mac()
            frame = frames.arp_probe(mac, address) if probe else frames.arp_request(mac, sender, address, to)
            self._send_arp(frame)
        else:
            self._send_discovery(frames.solicitation(self._mac(), address), frames.solicited_node(address))

    def _mac(self) -> Mac:
        """As it is now: a bond may change it."""
        return _hardware_address(self._open_arp())

    # -- ARP ------------------------------------------------------------------------------------------

    def _open_arp(self) -> socket.socket:
        if self._arp is not None:
            return self._arp
        # Protocol 0 receives nothing: the filter is to be there before the first packet.
        opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        try:
            watched = [address for address in self._watched if isinstance(address, IPv4Address)]
            _attach_filter(opened, frames.arp_filter(watched))
            opened.bind((self._interface, frames.ETHERTYPE_ARP if self._heard and watched else 0))
            if self._heard:
                asyncio.get_running_loop().add_reader(opened, self._read_arp)
        except BaseException:
            opened.close()
            raise
        self._arp = opened
        return opened

    def _close_arp(self) -> None:
        _close(self._arp)
        self._arp = None

    def _send_arp(self, frame: bytes) -> None:
        try:
            self._open_arp().send(frame)
        except BlockingIOError:
            pass  # as good as lost
        except OSError:
            self._close_arp()
            raise

    def _read_arp(self) -> None:
        assert self._arp is not None
        try:
            for _ in range(_READ_AT_ONCE):
                self._tell(frames.parse_arp(self._arp.recv(256)))
        except BlockingIOError:
            pass
        except OSError:  # the interface went away; the next question opens a new socket
            self._close_arp()

    # -- neighbour discovery --------------------------------------------------------------------------

    def _open_discovery(self) -> socket.socket:
        if self._discovery is not None:
            return self._discovery
        opened = socket.socket(socket.AF_INET6, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.IPPROTO_ICMPV6)
        try:
            _let_through(opened, {frames.NEIGHBOUR_ADVERTISEMENT} if self._heard else set())
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, self._interface.encode())
            for option, value in (
                (socket.IPV6_MULTICAST_HOPS, frames.HOP_LIMIT),
                (socket.IPV6_UNICAST_HOPS, frames.HOP_LIMIT),
                (socket.IPV6_MULTICAST_LOOP, 0),
                (socket.IPV6_RECVHOPLIMIT, 1),
            ):
                opened.setsockopt(socket.IPPROTO_IPV6, option, value)
            if self._heard:
                asyncio.get_running_loop().add_reader(opened, self._read_discovery)
        except BaseException:
            opened.close()
            raise
        self._discovery = opened
        return opened

    def _close_discovery(self) -> None:
        _close(self._discovery)
        self._discovery = None

    def _send_discovery(self, body: bytes, to: IPv6Address) -> None:
        try:
            index = socket.if_nametoindex(self._interface)
            self._open_discovery().sendto(body, (str(to), 0, 0, index))
        except BlockingIOError:
            pass
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                return  # no address of ours is off probation yet: as good as lost
            self._close_discovery()
            raise

    def _read_discovery(self) -> None:
        assert self._discovery is not None
        try:
            for _ in range(_READ_AT_ONCE):
                body, ancillary, _, _ = self._discovery.recvmsg(1_500, socket.CMSG_SPACE(4))
                hops = [int.from_bytes(data, "little") for _, kind, data in ancillary if kind == socket.IPV6_HOPLIMIT]
                if hops == [frames.HOP_LIMIT]:
                    self._tell(frames.parse_advertisement(body))
        except BlockingIOError:
            pass
        except OSError:
            self._close_discovery()

    def _tell(self, claim: Claim | None) -> None:
        if claim is None or self._heard is None or claim.address not in self._watched:
            return
        if claim.mac != self._mac():
            self._heard(claim)


def _hardware_address(arp: socket.socket) -> Mac:
    name = arp.getsockname()
    mac: Mac = name[4]
    if len(mac) != len(frames.BROADCAST):
        raise OSError(f"{name[0]} is not an Ethernet interface")
    return mac


def _attach_filter(to: socket.socket, program: bytes) -> None:
    code = ctypes.create_string_buffer(program, len(program))
    to.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("HP", len(program) // 8, ctypes.addressof(code)))


def _let_through(to: socket.socket, kinds: set[int]) -> None:
    """Kinds of ICMPv6 that are received (RFC 3542 3.2: a set bit blocks)."""
    blocked = bytearray(b"\xff" * 32)
    words = memoryview(blocked).cast("I")
    for kind in kinds:
        words[kind >> 5] &= ~(1 << (kind & 31)) & 0xFFFF_FFFF
    to.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, bytes(blocked))


def _close(which: socket.socket | None) -> None:
    if which is not None:
        asyncio.get_running_loop().remove_reader(which)
        which.close()
