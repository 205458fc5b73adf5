"""Who holds an address when, as the kernels of the boxes themselves say: a log of rtnetlink's events, one clock."""

import contextlib
import itertools
import select
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address
from pathlib import Path

from appliance.clock import boot_ms
from tests.ha.address_lab import inside

NEW, GONE, ASK = 20, 21, 22
"""RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR."""
REQUEST_ALL = 0x301
GROUP_IPV4_ADDRESSES = 0x10
LOCAL = 2
"""IFA_LOCAL."""
_HEAD, _ADDRESS, _ATTRIBUTE = struct.Struct("IHHII"), struct.Struct("BBBBI"), struct.Struct("HH")

type Span = tuple[int, int]
"""From and until, BOOTTIME ms."""


def changes(data: bytes) -> Iterator[tuple[int, IPv4Address]]:
    """What happened to which address, of one datagram of the kernel."""
    while len(data) >= _HEAD.size:
        size, kind, *_ = _HEAD.unpack_from(data)
        if kind in {NEW, GONE}:
            for name, value in _attributes(data[_HEAD.size + _ADDRESS.size : size]):
                if name == LOCAL:
                    yield kind, IPv4Address(value)
        data = data[(size + 3) & ~3 :]


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= _ATTRIBUTE.size:
        size, name = _ATTRIBUTE.unpack_from(data)
        yield name, data[_ATTRIBUTE.size : size]
        data = data[max(_ATTRIBUTE.size, (size + 3) & ~3) :]


class Holding:
    """When an address was on a machine, from now on."""

    def __init__(self, network: Path, address: str) -> None:
        self._address = IPv4Address(address)
        self._socket = inside(network, self._open)
        self._since = 0
        self._closed: list[Span] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"holding {address}")
        self._thread.start()

    @staticmethod
    def _open() -> socket.socket:
        opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        opened.bind((0, GROUP_IPV4_ADDRESSES))
        question = _ADDRESS.pack(socket.AF_INET, 0, 0, 0, 0)
        opened.send(_HEAD.pack(_HEAD.size + len(question), ASK, REQUEST_ALL, 1, 0) + question)
        return opened

    def _run(self) -> None:
        while not self._ended.is_set():
            readable, _, _ = select.select([self._socket], [], [], 0.05)
            if readable:
                data = self._socket.recv(65536)
                at = boot_ms()
                for kind, address in changes(data):
                    if address == self._address:
                        self._note(kind, at)

    def _note(self, kind: int, at: int) -> None:
        if kind == NEW and not self._since:
            self._since = at
        elif kind == GONE and self._since:
            self._closed.append((self._since, at))
            self._since = 0

    @property
    def holds(self) -> bool:
        return self._since > 0

    @property
    def since(self) -> int:
        """When it came, if it is there; else 0."""
        return self._since

    @property
    def spans(self) -> list[Span]:
        """Until now, if the address is there."""
        since = self._since
        return [*self._closed, *([(since, boot_ms())] if since else [])]

    def end(self) -> None:
        """The machine is no more, or nobody is interested: whatever it held, it held until now.

        A socket keeps a network alive whose machine is gone.
        """
        if self._ended.is_set():
            return
        self._ended.set()
        self._thread.join(5)
        self._note(GONE, boot_ms())
        with contextlib.suppress(OSError):
            self._socket.close()


def doubled_ms(*holders: Sequence[Span]) -> int:
    """How long more than one of them held it."""
    return sum(
        max(0, min(one[1], other[1]) - max(one[0], other[0]))
        for first, second in itertools.combinations(holders, 2)
        for one in first
        for other in second
    )
