"""The etcd client beside a bare request to the same gateway and beside etcdctl: three members, TLS, users."""

import asyncio
import contextlib
import re
import ssl
import statistics
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp

from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.model import Put, is_absent
from appliance.ha.etcd.watch import Follower
from tests.ha.etcd_cluster import PASSWORD, USER, Cluster
from tests.sip.waiting import until

REQUESTS = 400
PROCESSES = 25
KEY = b"/bench/key"
VALUE = b"x" * 200


class Columns:
    """What was measured, in ms, by request and by who did it."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, str, list[float]]] = []

    def add(self, request: str, who: str, seconds: list[float]) -> None:
        self._rows.append((request, who, sorted(value * 1000 for value in seconds)))

    def table(self) -> list[list[str]]:
        rows = []
        for request, who, ordered in self._rows:
            late = ordered[min(len(ordered) - 1, round(len(ordered) * 0.95))]
            rows.append([request, who, f"{statistics.median(ordered):.2f}", f"{late:.2f}", str(len(ordered))])
        return rows


async def timed(times: int, work: Callable[[int], Awaitable[object]]) -> list[float]:
    found = []
    for number in range(times):
        started = time.perf_counter()
        await work(number)
        found.append(time.perf_counter() - started)
    return found


class Etcdctl:
    """One process for each request, as a script would do it; and long-running ones."""

    def __init__(self, cluster: Cluster) -> None:
        files = cluster.certificates
        self._words = [f"--endpoints={cluster.urls[0]}", f"--cacert={files.authority}", f"--cert={files.certificate}"]
        self._words += [f"--key={files.key}", f"--user={USER}:{PASSWORD}"]

    async def start(self, *words: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            "etcdctl", *words, *self._words, stdin=PIPE, stdout=PIPE, stderr=PIPE
        )

    async def run(self, *words: str, stdin: str = "") -> str:
        process = await self.start(*words)
        output, errors = await asyncio.wait_for(process.communicate(stdin.encode()), 20)
        assert process.returncode == 0, errors.decode()
        return (output + errors).decode()


async def bare_puts(cluster: Cluster) -> list[float]:
    """The same put with nothing but aiohttp: what the gateway and etcd themselves take."""
    files = cluster.certificates
    tls = ssl.create_default_context(cafile=str(files.authority))
    tls.load_cert_chain(files.certificate, files.key)
    user = {"name": USER, "password": PASSWORD}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls), base_url=cluster.urls[0]) as session:
        async with session.post("/v3/auth/authenticate", json=user) as answer:
            headers = {"Authorization": (await answer.json())["token"]}

        async def put(_: int) -> None:
            body = {"key": "L2JlbmNoL2tleQ==", "value": "eHh4" * 66}
            async with session.post("/v3/kv/put", json=body, headers=headers) as answer:
                assert answer.status == 200, await answer.text()
                await answer.json()

        await timed(REQUESTS // 4, put)
        return await timed(REQUESTS, put)


async def requests(cluster: Cluster, etcd: EtcdClient, columns: Columns) -> None:
    etcdctl = Etcdctl(cluster)
    await timed(REQUESTS // 4, lambda _: etcd.put(KEY, VALUE))
    columns.add("put", "ours", await timed(REQUESTS, lambda _: etcd.put(KEY, VALUE)))
    columns.add("put", "bare aiohttp", await bare_puts(cluster))
    columns.add("put", "etcdctl process", await timed(PROCESSES, lambda _: etcdctl.run("put", "/bench/key", "x" * 200)))
    columns.add("get", "ours", await timed(REQUESTS, lambda _: etcd.get(KEY)))
    said = [await etcdctl.run("endpoint", "health") for _ in range(PROCESSES)]
    columns.add("get", "etcdctl's own count (gRPC)", [took_seconds(text) for text in said])

    def write(number: int) -> Awaitable[object]:
        key = b"/bench/n/%d" % number
        return etcd.write([is_absent(key)], [Put(key=key, value=VALUE)])

    columns.add("guarded write", "ours", await timed(REQUESTS, write))

    def transact(number: int) -> Awaitable[object]:
        condition = f'create("/bench/c/{number}") = "0"\n\nput /bench/c/{number} {"x" * 200}\n\n\n'
        return etcdctl.run("txn", stdin=condition)

    columns.add("guarded write", "etcdctl process", await timed(PROCESSES, transact))
    lease = await etcd.lease_grant(60)
    columns.add("keep-alive", "ours", await timed(REQUESTS, lambda _: etcd.lease_keep_alive(lease.id)))

    def keep_alive(_: int) -> Awaitable[object]:
        return etcdctl.run("lease", "keep-alive", "--once", f"{lease.id:x}")

    columns.add("keep-alive", "etcdctl process", await timed(PROCESSES, keep_alive))


def took_seconds(text: str) -> float:
    """From "… took = 2.4ms"."""
    found = re.search(r"took = ([\d.]+)(ms|µs|s)", text)
    assert found, text
    return float(found[1]) * {"s": 1.0, "ms": 1e-3, "µs": 1e-6}[found[2]]


async def watches(cluster: Cluster, etcd: EtcdClient, columns: Columns) -> None:
    """From the put being sent until its change is known; etcdctl's watch runs beside ours and sees the same puts."""
    process = await Etcdctl(cluster).start("watch", "/bench/watched", "--prefix")
    assert process.stdout is not None
    ours, theirs = [], []
    try:
        async with Follower(etcd, b"/bench/watched") as follower:
            updates = aiter(follower)
            await anext(updates)
            await until(lambda: follower.endpoint, 5, "it follows")
            await asyncio.sleep(1.0)  # etcdctl does not say when it watches
            for number in range(REQUESTS // 2):
                started = time.perf_counter()
                putting = asyncio.create_task(etcd.put(b"/bench/watched", b"%d" % number))
                reading = asyncio.create_task(line_of(process.stdout, str(number)))
                await anext(updates)
                ours.append(time.perf_counter() - started)
                theirs.append(await reading - started)
                await putting
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    columns.add("change seen", "ours", ours)
    columns.add("change seen", "etcdctl watch", theirs)


async def line_of(reader: asyncio.StreamReader, text: str) -> float:
    """When that line has been read."""
    while (await asyncio.wait_for(reader.readline(), 20)).strip() != text.encode():
        pass
    return time.perf_counter()


async def measure() -> list[list[str]]:
    """Rows of a table: request, who, p50 ms, p95 ms, n."""
    columns = Columns()
    with tempfile.TemporaryDirectory(prefix="etcd-") as folder:
        cluster = Cluster(Path(folder))
        try:
            await cluster.start()
            async with EtcdClient(cluster.access()) as etcd:
                await cluster.lead(etcd, cluster.members[1])
                await requests(cluster, etcd, columns)
                await watches(cluster, etcd, columns)
        finally:
            cluster.stop()
    return columns.table()
