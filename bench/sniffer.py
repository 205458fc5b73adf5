"""When INVITEs cross the bridge: a packet socket that sees only SIP over UDP."""

import ctypes
import re
import socket
import struct
import subprocess
import threading
import time
from dataclasses import dataclass
from typing import Self

SIP_PORT = 5060
_PROGRAM = (
    (0x28, 0, 0, 12),
    (0x15, 0, 8, 0x0800),
    (0x30, 0, 0, 23),
    (0x15, 0, 6, 17),
    (0xB1, 0, 0, 14),
    (0x48, 0, 0, 14),
    (0x15, 2, 0, SIP_PORT),
    (0x48, 0, 0, 16),
    (0x15, 0, 1, SIP_PORT),
    (0x06, 0, 0, 65535),
    (0x06, 0, 0, 0),
)
"""Classic BPF: IPv4, UDP, either port 5060."""

SO_ATTACH_FILTER = 26
ETH_P_ALL = 3
_FROM = re.compile(rb"\r\nFrom:[^<]*<sip:([^@>]*)@", re.IGNORECASE)
_CALL = re.compile(rb"\r\nX-HCC-Call: (\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Invite:
    """`at` is on the monotonic clock; `call` is our call id where the box sent it."""

    at: float
    caller: str
    call: str


class Sniffer:
    """Collects INVITEs on `interface` while the block runs."""

    def __init__(self, interface: str) -> None:
        # A bridge shows what it only passes on to nobody but a promiscuous listener.
        subprocess.run(["ip", "link", "set", interface, "promisc", "on"], check=True, timeout=5)
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        code = b"".join(struct.pack("HBBI", *line) for line in _PROGRAM)
        buffer = ctypes.create_string_buffer(code)
        program = struct.pack("HL", len(_PROGRAM), ctypes.addressof(buffer))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
        self._socket.bind((interface, 0))
        self._socket.settimeout(0.2)
        self._stop = threading.Event()
        self.invites: list[Invite] = []

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, name="sniffer", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_what: object) -> None:
        self._stop.set()
        self._thread.join(2)
        self._socket.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                packet = self._socket.recv(4096)
            except TimeoutError:
                continue
            at = time.monotonic()
            payload = packet[14 + (packet[14] & 0x0F) * 4 + 8 :]
            if payload.startswith(b"INVITE "):
                caller, call = _FROM.search(payload), _CALL.search(payload)
                self.invites.append(Invite(at, caller[1].decode() if caller else "", call[1].decode() if call else ""))
