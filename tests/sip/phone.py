"""A telephone: baresip without sound card or screen, told what to do over its control socket."""

import asyncio
import itertools
import json
import shutil
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import numpy as np

from tests.sip.network import Host, end_process
from tests.sip.waiting import PATIENCE, TooLateError, limit, until
from tests.tones import Samples, silence, write_wav

MODULES = Path("/usr/lib/baresip/modules")
RATE = 8000

# No tones (ringing, busy): the program crashes now and then when it stops one.
_CONFIG = """\
poll_method epoll
sip_listen {address}:{sip_port}
call_max_calls 4
audio_player aufile,{folder}/heard.wav
audio_source aufile,{folder}/say.wav
audio_alert none,none
audio_path {folder}/no-tones
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
jitter_buffer_type fixed
jitter_buffer_delay 2-10
rtp_ports {rtp_ports}
module_path {modules}
module g711.so
module aufile.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen {address}:{control_port}
ringback_disabled yes
statmode_default off
"""


@dataclass(frozen=True, slots=True)
class Told:
    """An event of the telephone. `at` is on the monotonic clock."""

    at: float
    type: str
    detail: str
    peer: str
    body: dict[str, Any]


class Phone:
    """One telephone on a host of its own. What it hears is in `heard()`, what it says in `say.wav`.

    With `secret` it registers at `registrar` as `number`; without, it calls like a trunk does. Several on one host
    need different `line`s.
    """

    running: ClassVar[set[Phone]] = set()

    def __init__(
        self,
        host: Host,
        number: str,
        registrar: str,
        *,
        secret: str | None = None,
        answers: bool = False,
        says: Samples | None = None,
        line: int = 0,
    ) -> None:
        self.host, self.number, self.registrar = host, number, registrar
        self.sip_port, self.control_port = 5060 + line, 4444 + line
        self.folder = Path(tempfile.mkdtemp(prefix=f"phone-{number}-"))
        self.events: list[Told] = []
        self._news = asyncio.Event()
        self._replies: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._tokens = map(str, itertools.count(1))
        self._heard = self.folder / "heard.wav"
        self._write_settings(secret, answers=answers)
        self.says = write_wav(self.folder / "say.wav", [silence(120) if says is None else says])
        self._registers = secret is not None

    def _write_settings(self, secret: str | None, *, answers: bool) -> None:
        first_port = 20000 + 100 * (self.sip_port - 5060)
        (self.folder / "config").write_text(
            _CONFIG.format(
                address=self.host.address,
                folder=self.folder,
                modules=MODULES,
                sip_port=self.sip_port,
                control_port=self.control_port,
                rtp_ports=f"{first_port}-{first_port + 99}",
            )
        )
        login = f";auth_user={self.number};auth_pass={secret};regint=60" if secret is not None else ";regint=0"
        domain = self.registrar if secret is not None else self.host.address
        mode = "auto" if answers else "manual"
        (self.folder / "accounts").write_text(
            f"<sip:{self.number}@{domain}>{login};answermode={mode};audio_codecs=pcma;ptime=20\n"
        )
        (self.folder / "contacts").write_text("")

    # -- life ------------------------------------------------------------------------------------

    async def start(self, seconds: float = 8.0) -> Self:
        """Run it; a telephone that registers is registered when this returns."""
        with (self.folder / "log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self.host.command("prlimit", "--core=0", "baresip", "-f", str(self.folder)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
            )
        Phone.running.add(self)
        deadline = limit(seconds)
        while not await self._connected():
            if time.monotonic() > deadline or self._process.returncode is not None:
                raise TooLateError(f"telephone {self.number} does not start: {self.log()[-800:]}")
            await asyncio.sleep(0.05)
        if self._registers:
            await self.registered(seconds)
            await self._make_sure_of_events(seconds)
        return self

    async def _make_sure_of_events(self, seconds: float) -> None:
        """Connect once more when nothing was told of registering: it came before us, or we are not told anything."""
        try:
            await self.wait_for("REGISTER_OK", 0.2)
        except TooLateError:
            self._listener.cancel()
            self._writer.close()
            await until(self._connected, seconds, f"telephone {self.number} is connected again")

    async def _connected(self) -> bool:
        """Open the control connection, and see that it is answered: now and then the program forgets a young one."""
        try:
            self._reader, self._writer = await asyncio.open_connection(self.host.address, self.control_port)
        except OSError:
            return False
        self._listener = asyncio.create_task(self._listen(), name=f"phone {self.number}")
        try:
            await self._command("listcalls", refusable=True, seconds=1.0)
        except TimeoutError, ConnectionError:
            self._listener.cancel()
            self._writer.close()
            return False
        return True

    async def registered(self, seconds: float = 8.0) -> None:
        """Wait until it is registered. The event may have come before we listened, so the log counts as well."""
        deadline = limit(seconds)
        while not any(event.type == "REGISTER_OK" for event in self.events) and "[1 binding]" not in self.log():
            if time.monotonic() > deadline:
                raise TooLateError(f"telephone {self.number} is not registered: {self.log()[-800:]}")
            await asyncio.sleep(0.05)

    async def stop(self) -> None:
        Phone.running.discard(self)
        self._listener.cancel()
        self._writer.close()
        await asyncio.gather(self._listener, return_exceptions=True)
        await end_process(self._process)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def crashed(self) -> bool:
        """Whether the program itself failed."""
        return self._process.returncode is not None and self._process.returncode == -signal.SIGSEGV

    def kill(self) -> None:
        """The power goes: no farewell to anybody."""
        self._process.kill()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    # -- what it does ------------------------------------------------------------------------------

    async def dial(self, number: str) -> None:
        await self._command("dial", f"sip:{number}@{self.registrar}")

    async def dial_uri(self, uri: str) -> None:
        await self._command("dial", uri)

    async def answer(self) -> None:
        await self._command("accept")

    async def hang_up(self) -> None:
        """End the call; while it rings: refuse it. A call that just began takes a moment to be the present one."""
        deadline = limit(2)
        while "no active call" in await self._command("hangup", refusable=True):
            if time.monotonic() > deadline:
                raise TooLateError(f"telephone {self.number} has no call to end")
            await asyncio.sleep(0.02)

    async def press(self, keys: str) -> None:
        """Press keys, one after another, as RFC 4733 events."""
        for key in keys:
            await self._command("sndcode", key)
            await asyncio.sleep(0.12)

    async def hold(self) -> None:
        await self._command("hold")

    async def resume(self) -> None:
        await self._command("resume", refusable=True)

    async def say(self, samples: Samples) -> None:
        """From now on say something else."""
        await self.say_file(write_wav(self.folder / f"say-{next(self._tokens)}.wav", [samples]))

    async def say_file(self, path: Path) -> None:
        self.says = path
        await self._command("ausrc", f"aufile,{path}")

    async def listen_anew(self) -> None:
        """Forget what was heard so far."""
        self._heard = self.folder / f"heard-{next(self._tokens)}.wav"
        await self._command("auplay", f"aufile,{self._heard}")

    # -- what it notices ---------------------------------------------------------------------------

    def heard(self, last_seconds: float | None = None) -> Samples:
        """Everything heard in the present call (to the last quarter of a second), or its end."""
        if not self._heard.exists():
            return np.zeros(0, np.int16)
        data = self._heard.read_bytes()[44:]
        samples = np.frombuffer(data[: len(data) // 2 * 2], "<i2")
        return samples if last_seconds is None else samples[-round(last_seconds * RATE) :]

    def count(self, kind: str) -> int:
        return sum(event.type == kind for event in self.events)

    async def wait_for(self, kind: str, seconds: float = 8.0, *, after: int = 0) -> Told:
        """The first event of `kind` among those from index `after` on."""
        deadline = limit(seconds)
        while True:
            self._news.clear()
            for event in self.events[after:]:
                if event.type == kind:
                    return event
            try:
                await asyncio.wait_for(self._news.wait(), deadline - time.monotonic())
            except TimeoutError:
                if self._listener.done():
                    await self._listener  # why it stopped
                seen = [event.type for event in self.events[after:]]
                raise TooLateError(
                    f"telephone {self.number}: no {kind} within {PATIENCE} x {seconds:g} s; seen {seen}"
                ) from None

    async def rings(self, seconds: float = 8.0, *, after: int = 0) -> Told:
        return await self.wait_for("CALL_INCOMING", seconds, after=after)

    async def talks(self, seconds: float = 8.0, *, after: int = 0) -> Told:
        return await self.wait_for("CALL_ESTABLISHED", seconds, after=after)

    async def ended(self, seconds: float = 8.0, *, after: int = 0) -> Told:
        return await self.wait_for("CALL_CLOSED", seconds, after=after)

    # -- the control socket: one JSON document per netstring -----------------------------------------

    async def _command(self, command: str, params: str = "", *, refusable: bool = False, seconds: float = 5.0) -> str:
        token = next(self._tokens)
        future = self._replies[token] = asyncio.get_running_loop().create_future()
        body = json.dumps({"command": command, "params": params, "token": token}).encode()
        self._writer.write(b"%d:%s," % (len(body), body))
        reply = await asyncio.wait_for(future, PATIENCE * seconds)
        if not reply["ok"] and not refusable:
            raise RuntimeError(f"telephone {self.number}: {command} {params}: {reply.get('data')}")
        return str(reply.get("data", ""))

    async def _listen(self) -> None:
        while True:
            try:
                length = int((await self._reader.readuntil(b":"))[:-1])
                body = json.loads(await self._reader.readexactly(length))
                await self._reader.readexactly(1)
            except asyncio.IncompleteReadError, ConnectionError:
                return
            if body.get("response"):
                future = self._replies.pop(body.get("token", ""), None)
                if future is not None and not future.done():
                    future.set_result(body)
            elif body.get("event"):
                detail, peer = str(body.get("param", "")), str(body.get("peeruri", ""))
                self.events.append(Told(time.monotonic(), body["type"], detail, peer, body))
                self._news.set()
