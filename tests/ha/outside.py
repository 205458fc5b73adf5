"""What people outside see of a pair: who is answered when they call, when a page comes, when a write is acknowledged.

All times are BOOTTIME ms; one kernel, so they compare everywhere.
"""

import contextlib
import itertools
import re
import socket
import ssl
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from appliance.clock import boot_ms
from tests.box import Box
from tests.ha.address_lab import Machine

PERIOD_SECONDS = 0.25
PATIENCE_MS = 2_500
SIP_PORT, SOUND_PORT = 5070, 20_000
PYTHON = "/opt/hcc/venv/bin/python"


def longest_gap(times: Sequence[int], since: int, until: int | None = None) -> int:
    """The longest time without any of them after `since`."""
    end = [] if until is None else [until]
    moments = [since, *(at for at in times if at > since), *end]
    return max((later - earlier for earlier, later in itertools.pairwise(moments)), default=0)


@dataclass
class Attempt:
    """One call."""

    caller: str
    begun: int
    answered: int = 0
    refused: str = ""


class Observer:
    """A thread of its own while the block runs."""

    def __init__(self) -> None:
        self._ended = threading.Event()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run, name=type(self).__name__)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join(15)

    def _run(self) -> None:
        raise NotImplementedError


class Callers(Observer):
    """A new call at the service address every quarter of a second; whoever is answered hangs up at once.

    No request is sent twice: an attempt is answered when somebody is there, not when a repetition happens to arrive.
    `series`: part of the calls' names, for the exchange must not have heard them before.
    """

    kind, port, period_seconds = "r", SIP_PORT, PERIOD_SECONDS

    def __init__(self, machine: Machine, service: str, number: str, *, series: int = 0) -> None:
        super().__init__()
        self._series = f"{self.kind}{series}c"
        self._own, self._service, self._number = machine.address, service, number
        self._socket = machine.inside(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self._socket.bind((self._own, self.port))
        self._socket.settimeout(0.02)
        self.attempts: list[Attempt] = []
        self._open: dict[str, Attempt] = {}

    @property
    def answered(self) -> list[Attempt]:
        return [attempt for attempt in self.attempts if attempt.answered]

    def first_answered(self, since: int) -> Attempt | None:
        """Of the calls begun after `since`."""
        return next((attempt for attempt in self.answered if attempt.begun > since), None)

    def _run(self) -> None:
        following = boot_ms()
        with self._socket:
            while not self._ended.is_set():
                if boot_ms() >= following:
                    self._call()
                    following += round(self.period_seconds * 1000)
                self._hear()
                self._give_up()

    def _next_caller(self) -> str:
        return f"1390000{len(self.attempts):04}"

    def _call(self) -> None:
        name = f"{self._series}{len(self.attempts)}"
        attempt = Attempt(self._next_caller(), boot_ms())
        self.attempts.append(attempt)
        self._open[name] = attempt
        sound = (
            f"v=0\r\no=- 1 1 IN IP4 {self._own}\r\ns=-\r\nc=IN IP4 {self._own}\r\nt=0 0\r\n"
            f"m=audio {SOUND_PORT} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
        )
        self._say("INVITE", name, attempt.caller, sound=sound)

    def _say(self, method: str, name: str, caller: str, *, to: str = "", number: int = 1, sound: str = "") -> None:
        target = f"sip:{self._number}@{self._service}"
        branch = name if method in {"INVITE", "CANCEL"} else f"{name}-{method}"
        lines = [
            f"{method} {target} SIP/2.0",
            f"Via: SIP/2.0/UDP {self._own}:{self.port};branch=z9hG4bK-{branch};rport",
            f"From: <sip:{caller}@{self._own}>;tag={name}",
            to or f"To: <{target}>",
            f"Call-ID: {name}@{self._own}",
            f"CSeq: {number} {method}",
            f"Contact: <sip:{caller}@{self._own}:{self.port}>",
            "Max-Forwards: 70",
            *(["Content-Type: application/sdp"] if sound else []),
            f"Content-Length: {len(sound)}",
        ]
        with contextlib.suppress(OSError):
            self._socket.sendto(("\r\n".join(lines) + "\r\n\r\n" + sound).encode(), (self._service, 5060))

    def _hear(self) -> None:
        try:
            said = self._socket.recv(8192).decode(errors="replace")
        except OSError:
            return
        name = re.search(r"^Call-ID: *([^@\s]+)@", said, re.MULTILINE | re.IGNORECASE)
        status = re.match(r"SIP/2\.0 (\d+)", said)
        to = re.search(r"^To:.*$", said, re.MULTILINE | re.IGNORECASE)
        if name is None or status is None or to is None or "INVITE" not in said or int(status[1]) < 200:
            return
        if name[1].startswith(self._series):
            self._end(name[1], int(status[1]), to[0].strip())

    def _end(self, name: str, status: int, to: str) -> None:
        attempt = self._open.pop(name, None)
        caller = self.attempts[int(name.removeprefix(self._series))].caller
        self._say("ACK", name, caller, to=to)
        if status < 300:
            self._talk(name, caller, to)
        if attempt is not None and status < 300:
            attempt.answered = boot_ms()
        elif attempt is not None:
            attempt.refused = str(status)

    def _talk(self, name: str, caller: str, to: str) -> None:
        """Everything was said already."""
        self._say("BYE", name, caller, to=to, number=2)

    def _give_up(self) -> None:
        for name, attempt in list(self._open.items()):
            if boot_ms() - attempt.begun > PATIENCE_MS:
                del self._open[name]
                self._say("CANCEL", name, attempt.caller)


class Waiting(Callers):
    """One call that stays where it is put, until nobody looks on any more."""

    kind, port = "w", SIP_PORT + 1

    def __init__(self, machine: Machine, service: str, number: str, *, series: int = 0) -> None:
        super().__init__(machine, service, number, series=series)
        self.caller = f"1370000{series:04}"
        self._hang_up: Callable[[], None] = lambda: None

    def _next_caller(self) -> str:
        return self.caller

    def _run(self) -> None:
        with self._socket:
            self._call()
            while not self._ended.is_set():
                self._hear()
            self._hang_up()

    def _talk(self, name: str, caller: str, to: str) -> None:
        self._hang_up = lambda: self._say("BYE", name, caller, to=to, number=2)


class Reader(Observer):
    """Fetches a page at the service address all the time."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self.got: list[int] = []

    def _run(self) -> None:
        anybody = ssl.create_default_context()
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        while not self._ended.wait(0.2):
            with contextlib.suppress(OSError), urllib.request.urlopen(self._url, timeout=1, context=anybody) as answer:
                if answer.status == 200:
                    self.got.append(boot_ms())


WRITING = """
import time, psycopg
boot_ms = lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
words = "host=/run/postgresql dbname=hcc user=hcc connect_timeout=1"
while True:
    try:
        with psycopg.connect(words, autocommit=True) as database:
            database.execute("CREATE TABLE IF NOT EXISTS outside (at bigint PRIMARY KEY)")
            while True:
                at = boot_ms()
                database.execute("INSERT INTO outside VALUES (%s)", (at,))
                print(at, boot_ms(), flush=True)
                time.sleep(0.02)
    except psycopg.Error:
        time.sleep(0.05)
"""


class Writer:
    """A client of the database on each box: commits one row after the other where it is accepted."""

    def __init__(self) -> None:
        self.acknowledged: list[tuple[int, int]] = []
        """Each row, and when its commit was acknowledged."""

    @property
    def times(self) -> list[int]:
        return sorted(at for _, at in self.acknowledged)

    @contextlib.contextmanager
    def on(self, box: Box) -> Iterator[None]:
        """Ends with the box, too."""
        process = box.start(PYTHON, "-c", WRITING, user="hcc", stdout=subprocess.PIPE)
        thread = threading.Thread(target=self._read, args=(process,))
        thread.start()
        try:
            yield
        finally:
            process.kill()
            thread.join(10)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            row, _, at = line.strip().partition(" ")
            if at:
                self.acknowledged.append((int(row), int(at)))
