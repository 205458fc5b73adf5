"""A real etcd of three members on loopback with mutual TLS and users; members can be killed, frozen, started again."""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import EtcdUnavailableError
from appliance.ha.etcd.link import Access, Certificates
from appliance.secret import Secret
from tests.box import wait_until
from tests.sip.waiting import until

ADDRESSES = ("127.0.77.1", "127.0.77.2", "127.0.77.3")
SEATS = {f"m{number}": address for number, address in enumerate(ADDRESSES)}
RELAY_ADDRESS = "127.0.77.9"
USER, PASSWORD = "root", "not-a-password"
READER, READER_PASSWORD = "reader", "not-one-either"
START_SECONDS = 15.0
LINGER_SECONDS = 0.5
"""How much later the member hears that a client has gone, so that it does what was asked all the same."""


def make_certificates(folder: Path, addresses: Sequence[str] = ADDRESSES) -> Certificates:
    """An authority and one certificate for everybody, servers and clients."""
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    files = Certificates(folder / "ca.pem", folder / "all.pem", folder / "all.key")
    authority = [*new, "-subj", "/CN=authority", "-keyout", str(folder / "ca.key"), "-out", str(files.authority)]
    # etcd also demands that a peer's certificate has the address it comes from.
    names = ",".join(f"IP:{address}" for address in (*addresses, RELAY_ADDRESS, "127.0.0.1"))
    # With users switched on, the gateway refuses clients whose certificate has a common name.
    leaf = [*new, "-subj", "/O=member", "-keyout", str(files.key), "-out", str(files.certificate)]
    leaf += ["-CA", str(files.authority), "-CAkey", str(folder / "ca.key")]
    for command, extensions in (
        (authority, ["keyUsage=critical,keyCertSign"]),
        (
            leaf,
            ["basicConstraints=critical,CA:FALSE", f"subjectAltName={names}", "extendedKeyUsage=serverAuth,clientAuth"],
        ),
    ):
        words = [word for extension in extensions for word in ("-addext", extension)]
        subprocess.run([*command, *words], check=True, capture_output=True, timeout=10)
    return files


class EtcdMember:
    """One etcd process; its data stays when it is killed."""

    def __init__(
        self, name: str, folder: Path, certificates: Certificates, seats: Mapping[str, str], inside: Sequence[str] = ()
    ) -> None:
        self.name, self.address = name, seats[name]
        self._seats, self._inside = seats, inside
        self.url = f"https://{self.address}:2379"
        self.folder = folder / self.name
        self.log = folder / f"{self.name}.log"
        self._certificates = certificates
        self.process: subprocess.Popen[bytes] | None = None
        self.frozen = False

    def start(self) -> None:
        files = self._certificates
        peers = [f"{name}=https://{address}:2380" for name, address in self._seats.items()]
        words = [*self._inside, "etcd", f"--name={self.name}", f"--data-dir={self.folder}", "--log-level=warn"]
        words += [f"--initial-cluster={','.join(peers)}", f"--initial-advertise-peer-urls=https://{self.address}:2380"]
        words += [f"--listen-peer-urls=https://{self.address}:2380"]
        words += [f"--listen-client-urls={self.url}", f"--advertise-client-urls={self.url}"]
        words += ["--heartbeat-interval=100", "--election-timeout=1000", "--bcrypt-cost=4"]
        for kind in ("", "peer-"):
            words += [f"--{kind}trusted-ca-file={files.authority}", f"--{kind}cert-file={files.certificate}"]
            words += [f"--{kind}key-file={files.key}", f"--{kind}client-cert-auth"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.frozen = False

    def _signal(self, number: int) -> None:
        assert self.process is not None
        os.kill(self.process.pid, number)

    def kill(self) -> None:
        """As a power cut would."""
        if self.process is not None:
            self._signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def freeze(self) -> None:
        """Returns when every thread stands still: a signal only asks for it."""
        self._signal(signal.SIGSTOP)
        self.frozen = True
        wait_until(lambda: self._states() == {"T"}, 5, f"{self.name} stands still", pause=0.001)

    def _states(self) -> set[str]:
        """Of its threads, as in proc_pid_stat(5)."""
        assert self.process is not None
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/stat")
        return {path.read_text().rpartition(")")[2].split()[0] for path in threads}

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)
        self.frozen = False


class Cluster:
    """`seats`: names and addresses; `inside`: by name, the command that puts a member on another machine.

    `known_as`: further addresses under which members are reached.
    """

    def __init__(
        self,
        folder: Path,
        seats: Mapping[str, str] = SEATS,
        inside: Mapping[str, Sequence[str]] | None = None,
        known_as: Sequence[str] = (),
    ) -> None:
        self.certificates = make_certificates(folder, [*seats.values(), *known_as])
        self.members = [
            EtcdMember(name, folder, self.certificates, seats, (inside or {}).get(name, ())) for name in seats
        ]
        self._admin: EtcdClient | None = None

    @property
    def urls(self) -> list[str]:
        return [member.url for member in self.members]

    def access(
        self,
        *urls: str,
        user: str = USER,
        password: str = PASSWORD,
        request_seconds: float = 4.5,
        try_seconds: float = 1.5,
    ) -> Access:
        """Everything may take three times as long as in the product: the machine of the tests is busy."""
        return Access(
            endpoints=urls or self.urls,
            certificates=self.certificates,
            user=user,
            password=Secret(password),
            request_seconds=request_seconds,
            try_seconds=try_seconds,
        )

    def void_tokens(self, user: str, password: str) -> None:
        """A password that is set, be it the same, makes all tokens of its user void on every member."""
        self.etcdctl("user", "passwd", user, "--interactive=false", stdin=password)

    def etcdctl(self, *words: str, as_user: bool = True, stdin: str = "") -> str:
        files = self.certificates
        command = ["etcdctl", f"--endpoints={','.join(self.urls)}", f"--cacert={files.authority}"]
        command += [f"--cert={files.certificate}", f"--key={files.key}", *words]
        if as_user:
            command += [f"--user={USER}:{PASSWORD}"]
        done = subprocess.run(command, capture_output=True, text=True, input=stdin, timeout=20, check=False)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout

    async def start(self) -> None:
        for member in self.members:
            member.start()
        async with EtcdClient(self.access(user="")) as etcd:
            await self._wait(etcd)
        for words in (
            ("user", "add", f"{USER}:{PASSWORD}"),
            ("user", "grant-role", USER, "root"),
            ("user", "add", f"{READER}:{READER_PASSWORD}"),
            ("role", "add", "reading"),
            ("role", "grant-permission", "reading", "--prefix=true", "read", "/read/"),
            ("user", "grant-role", READER, "reading"),
            ("auth", "enable"),
        ):
            self.etcdctl(*words, as_user=False)

    async def mend(self) -> None:
        """All members run, and agree on a leader."""
        for member in self.members:
            if member.frozen:
                member.thaw()
            if member.process is None:
                member.start()
        async with EtcdClient(self.access()) as etcd:
            await self._wait(etcd)

    async def _wait(self, etcd: EtcdClient) -> None:
        async def agree() -> bool:
            with contextlib.suppress(EtcdUnavailableError):
                found = [await etcd.status(url, seconds=0.5) for url in self.urls]
                return len({status.leader for status in found} - {0}) == 1 and all(one.leader for one in found)
            return False

        await until(agree, START_SECONDS, "all members agree on a leader")

    async def leader(self, etcd: EtcdClient) -> EtcdMember:
        async def look() -> tuple[str, object] | None:
            return await etcd.leader()

        return self.member((await until(look, 5, "there is a leader"))[0])

    def member(self, url: str) -> EtcdMember:
        return next(member for member in self.members if member.url == url)

    async def lead(self, etcd: EtcdClient, member: EtcdMember) -> None:
        """Make that member raft's leader."""
        status = await etcd.status(member.url)
        await etcd.move_leader(status.member_id)

    def stop(self) -> None:
        for member in self.members:
            member.kill()


class Relay:
    """A wire between a client and a member that can be cut at a chosen instant."""

    def __init__(self, target: EtcdMember) -> None:
        self._target = target.address
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.url = ""
        self.cut_requests = False
        """Whoever sends anything is cut off, and it does not arrive."""
        self.cut_replies = False
        """Requests arrive; as soon as anything comes back, the connection is cut."""
        self.cut_after_bytes = -1
        """So much of replies passes until the connection is cut; -1: all."""
        self.reply_delay_seconds = 0.0
        self.asked = 0
        """How many pieces of requests have come."""
        self.passing = asyncio.Event()
        """While not set, requests wait on the way, also when their sender has given up."""
        self.passing.set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, RELAY_ADDRESS, 0)
        self.url = f"https://{RELAY_ADDRESS}:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_error: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()

    def cut(self) -> None:
        """All connections, now."""
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(self._target, 2379)
        self._writers |= {writer, there_writer}
        try:
            await asyncio.gather(self._requests(reader, there_writer), self._replies(there_reader, writer))
        except OSError:
            pass
        finally:
            self._writers -= {writer, there_writer}
            writer.transport.abort()
            there_writer.transport.abort()

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(2**16):
            self.asked += 1
            if self.cut_requests:
                raise ConnectionResetError
            late = not self.passing.is_set()
            await self.passing.wait()
            writer.write(piece)
            await writer.drain()
            if late:  # that its sender has given up meanwhile is not told: the member would drop the request
                break
        await asyncio.sleep(LINGER_SECONDS)
        writer.write_eof()

    async def _replies(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(2**16):
            if self.cut_replies or 0 <= self.cut_after_bytes < len(piece):
                raise ConnectionResetError
            await asyncio.sleep(self.reply_delay_seconds)
            self.cut_after_bytes -= len(piece) if self.cut_after_bytes >= 0 else 0
            writer.write(piece)
            await writer.drain()
        raise ConnectionResetError
