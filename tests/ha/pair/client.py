"""A client on the network: commits one number after the other at the service address, and notes each answer."""

import contextlib
import itertools
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from appliance.clock import boot_ms
from tests.ha.address_lab import Machine
from tests.ha.pair.service import PORT

CONNECT_SECONDS, ANSWER_SECONDS, PAUSE_SECONDS = 0.2, 2.5, 0.02


@dataclass(frozen=True)
class Answered:
    at: int
    """BOOTTIME ms."""
    number: int
    node: str


class Client:
    def __init__(self, machine: Machine, address: str) -> None:
        self._machine, self._address = machine, address
        self._next = 0
        self._ended = threading.Event()
        self.answered: list[Answered] = []

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join(10)

    def _run(self) -> None:
        while not self._ended.wait(PAUSE_SECONDS):
            with contextlib.suppress(OSError), self._connected() as connection:
                self._write(connection)

    def _connected(self) -> socket.socket:
        connection = self._machine.inside(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        connection.settimeout(CONNECT_SECONDS)
        connection.connect((self._address, PORT))
        connection.settimeout(ANSWER_SECONDS)
        return connection

    def _write(self, connection: socket.socket) -> None:
        """Until the connection breaks. What was sent and not answered may have been written or not."""
        reader = connection.makefile("r")
        while not self._ended.wait(PAUSE_SECONDS):
            self._next += 1
            connection.sendall(f"{self._next}\n".encode())
            node = reader.readline().strip()
            if not node:
                return
            self.answered.append(Answered(boot_ms(), self._next, node))

    @property
    def node(self) -> str:
        """Who answered last."""
        return self.answered[-1].node if self.answered else ""

    def gap_ms(self, since: int) -> int:
        """The longest time without an answer after `since`."""
        times = [since, *(one.at for one in self.answered if one.at > since)]
        return max((later - earlier for earlier, later in itertools.pairwise(times)), default=0)
