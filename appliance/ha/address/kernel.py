"""The kernel's addresses through rtnetlink."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Collection
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

from pyroute2 import AsyncIPRoute, NetlinkError

from appliance.ha.address.segment import IPAddress

REQUEST_SECONDS = 1.0
_NO_SUCH_ADDRESS = 99
_USABLE_AT_ONCE = 0x02
"""IFA_F_NODAD: else an IPv6 address is on probation for 1.7 s. Whoever else has it is looked for by the watch."""
_CHANGES = 0x1 | 0x10 | 0x100
"""RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR."""


class AddressError(Exception):
    """The kernel refuses, does not answer, or there is no such interface."""


class Placed(NamedTuple):
    """An address as it stands in the kernel."""

    address: IPAddress
    prefix_length: int
    interface: int


class Kernel:
    """From `open()` to `close()`; `changed` is called in the event loop when an address or interface changes."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._route: AsyncIPRoute | None = None
        self._events: socket.socket | None = None

    async def open(self) -> None:
        self._route = AsyncIPRoute()
        self._events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
        self._events.bind((0, _CHANGES))
        asyncio.get_running_loop().add_reader(self._events, self._drain, self._events)

    async def close(self) -> None:
        if self._events is not None:
            asyncio.get_running_loop().remove_reader(self._events)
            self._events.close()
            self._events = None
        if self._route is not None:
            with contextlib.suppress(Exception):
                await self._route.close()
            self._route = None

    async def placed(self, wanted: Collection[IPAddress]) -> frozenset[Placed]:
        """Where the kernel has the wanted addresses, on any interface. Raises AddressError."""
        found = set()
        async with _limits():
            async for message in await self._asked.addr("dump"):
                address = ip_address(message.get("IFA_LOCAL") or message.get("IFA_ADDRESS"))
                if address in wanted:
                    found.add(Placed(address, message["prefixlen"], message["index"]))
        return frozenset(found)

    async def put(self, interface: str, address: IPAddress, seconds: int) -> Placed:
        """Have the kernel keep `address` on `interface` for whole `seconds` from now. Raises AddressError.

        An IPv6 address counts as deprecated: it is answered for, but never chosen as source of our own connections,
        which would break when it moves. (For IPv4 that follows from its being /32 beside the box's own address.)
        """
        async with _limits():
            index = socket.if_nametoindex(interface)
            where = Placed(address, address.max_prefixlen, index)
            words = {"index": index, "address": str(address), "prefixlen": where.prefix_length}
            if isinstance(address, IPv6Address):
                words |= {"flags": _USABLE_AT_ONCE}
            preferred = seconds if isinstance(address, IPv4Address) else 0
            await self._asked.addr("replace", **words, preferred_lft=preferred, valid_lft=seconds)
        return where

    async def remove(self, placed: Placed) -> None:
        """Take an address away; one that is not there any more is no error. Raises AddressError."""
        async with _limits():
            try:
                await self._asked.addr(
                    "del", index=placed.interface, address=str(placed.address), prefixlen=placed.prefix_length
                )
            except NetlinkError as error:
                if error.code != _NO_SUCH_ADDRESS:
                    raise

    @property
    def _asked(self) -> AsyncIPRoute:
        if self._route is None:
            raise AddressError("closed")
        return self._route

    def _drain(self, events: socket.socket) -> None:
        """What has changed does not matter: everything is looked at anew. A lost event (ENOBUFS) is one too."""
        try:
            while events.recv(65_536):
                pass
        except BlockingIOError:
            pass
        except OSError:
            pass
        self._changed()


@contextlib.asynccontextmanager
async def _limits() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(REQUEST_SECONDS):
            yield
    except (NetlinkError, OSError, TimeoutError) as error:
        raise AddressError(str(error) or "the kernel does not answer") from error
