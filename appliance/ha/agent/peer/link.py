"""Heartbeats, questions and promises between the boxes, over the direct link and over the network as well."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Sequence
from typing import override

from msgspec.structs import replace

from appliance.ha.agent.parts import Changed, Clock, boot_clock
from appliance.ha.agent.peer.wire import Conversation, Message
from appliance.ha.agent.troubles import Troubles
from appliance.ha.decision import model, promise
from appliance.ha.decision.promise import Ask
from appliance.ha.decision.timing import Boottime, Timing

log = logging.getLogger(__name__)

PORT = 8790
BEAT_SECONDS = 0.5

type Path = tuple[str, str]
"""Our address and the peer's on one network."""


class UdpPeerLink:
    """A part of the agent. Every datagram goes over all paths; whichever comes first counts."""

    name = "peer link"

    def __init__(
        self,
        conversation: Conversation,
        paths: Sequence[Path],
        timing: Timing,
        *,
        port: int = PORT,
        clock: Clock = boot_clock,
    ) -> None:
        self.changed: Changed = lambda: None
        self._conversation = conversation
        self._paths = tuple(dict.fromkeys(paths))
        self._timing = timing
        self._port = port
        self._clock = clock
        self._peer = model.Peer()
        self._own = (0, False, True, 0)
        self._ends: dict[Path, asyncio.DatagramTransport] = {}
        self._troubles = Troubles(log)

    # -- what the agent sees and wishes ------------------------------------------------------------------

    def seen(self) -> model.Peer:
        """A question is told once."""
        seen, self._peer = self._peer, replace(self._peer, ask=None) if self._peer.ask else self._peer
        return seen

    def tell(self, *, fitness: int, gateway: bool, able: bool, epoch: int) -> None:
        if (fitness, gateway, able, epoch) != self._own:
            self._own = fitness, gateway, able, epoch
            self._say()

    def ask(self, epoch: int) -> None:
        self._say(ask=Ask(self._clock(), self._conversation.run, epoch))

    def promise(self, ask: Ask) -> None:
        self._say(promise=ask)

    @property
    def refused(self) -> dict[str, int]:
        return {str(why): count for why, count in self._conversation.refused.items()}

    # -- the part ----------------------------------------------------------------------------------------

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        for end in self._ends.values():
            end.close()
        self._ends.clear()

    async def run(self) -> None:
        while True:
            await self._connect()
            self._say()
            await asyncio.sleep(BEAT_SECONDS)

    def meet(self, other: str, paths: Sequence[Path]) -> None:
        """The peer and the ways to it. What another one has promised counts for nothing."""
        if other != self._conversation.other:
            self._conversation.meet(other)
            self._peer = model.Peer()
        self._paths = tuple(dict.fromkeys(paths))
        for path in self._ends.keys() - set(self._paths):
            self._ends.pop(path).close()

    async def _connect(self) -> None:
        """An address may come later than we."""
        loop = asyncio.get_running_loop()
        for path in self._paths:
            if path in self._ends and not self._ends[path].is_closing():
                continue
            own, other = ((address, self._port) for address in path)
            family = socket.AF_INET6 if ":" in path[0] else socket.AF_INET
            try:
                self._ends[path], _ = await loop.create_datagram_endpoint(
                    lambda: _End(self), local_addr=own, remote_addr=other, family=family
                )
            except OSError as error:
                self._troubles.fails(f"the link from {path[0]}", error)
            else:
                self._troubles.works(f"the link from {path[0]}")

    def _say(self, **what: object) -> None:
        fitness, gateway, able, epoch = self._own
        datagram = self._conversation.say(fitness=fitness, gateway=gateway, able=able, epoch=epoch, **what)
        for end in self._ends.values():
            with contextlib.suppress(OSError):
                end.sendto(datagram)

    def heard(self, datagram: bytes) -> None:
        message = self._conversation.hear(datagram)
        if self._conversation.greets:
            self._say()  # it learns at once which run of ours it talks to
        if message is not None:
            self._take(message, self._clock())

    def _take(self, message: Message, now: Boottime) -> None:
        before, promised_until = self._peer, self._peer.promised_until
        answer = message.promise
        if answer is not None and answer.boot == self._conversation.run and answer.asked_at <= now:
            promised_until = max(promised_until, promise.believed_until(answer.asked_at, self._timing))
        self._peer = model.Peer(
            heard_at=now,
            fitness=min(100, max(0, message.fitness)),
            sees_gateway=message.gateway,
            epoch=message.epoch,
            able=message.able,
            promised_until=promised_until,
            ask=message.ask or before.ask,
        )
        if replace(self._peer, heard_at=before.heard_at) != before:
            self.changed()


class _End(asyncio.DatagramProtocol):
    def __init__(self, link: UdpPeerLink) -> None:
        self._link = link

    @override
    def datagram_received(self, data: bytes, addr: object) -> None:
        self._link.heard(data)

    @override
    def error_received(self, exc: Exception) -> None:
        """The peer is not there, or the cable: silence says so."""
