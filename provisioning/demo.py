"""The demonstration: one box with a hospital's data, and callers. `make demo`, `make demo ARGS=--quiet`.

Runs in the lab with the host's network, so that a browser on the host reaches the box.
"""

import argparse
import contextlib
import ipaddress
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence

from provisioning.demo_traffic import place_calls
from tests.box import Box, BoxError, Bridge

BRIDGE = "hcc-demo"
NETWORKS = ("10.98.76.0/24", "10.211.55.0/24", "172.29.173.0/24", "192.168.219.0/24")
LOAD_SECONDS = 180.0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo ARGS=…", description=__doc__)
    parser.add_argument("--quiet", action="store_true", help="no callers")
    parser.add_argument("--seconds", type=float, default=0.0, help="end after this time (default: on Ctrl-C)")
    return parser.parse_args(arguments)


def free_network(own: str = BRIDGE) -> ipaddress.IPv4Network:
    """A private network that this host does not use, but for a bridge called `own`. Raises BoxError."""
    answer = subprocess.run(["ip", "-json", "-4", "route"], capture_output=True, check=True, timeout=5)
    used = [
        ipaddress.IPv4Network(route["dst"])
        for route in json.loads(answer.stdout or b"[]")
        if route["dst"] != "default" and route.get("dev") != own
    ]
    for text in NETWORKS:
        network = ipaddress.IPv4Network(text)
        if not any(network.overlaps(other) for other in used):
            return network
    raise BoxError(f"all of these networks are in use on this host: {', '.join(NETWORKS)}")


def load_data(box: Box) -> str:
    """Fill the box with the demonstration hospital; what it says are the log-ins."""
    return box.run("hcc", "demo", "load", timeout=LOAD_SECONDS).rstrip()


@contextlib.contextmanager
def callers(box: Box, bridge: Bridge, *, quiet: bool, address: str = "") -> Iterator[None]:
    """Calls coming in at `address` (the box's own) while the block runs."""
    if quiet:
        yield
        return
    stop = threading.Event()
    thread = threading.Thread(target=place_calls, args=(box, bridge, stop, address), name="callers", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)


def show(box: Box, log_ins: str, started: float) -> None:
    print(f"\n  {box.url}/   (the browser warns: the box made its certificate itself)\n", flush=True)
    for line in log_ins.splitlines():
        print(f"  {line}", flush=True)
    print(f"\n  ready after {time.monotonic() - started:.0f} s; Ctrl-C ends it\n", flush=True)


def run(options: argparse.Namespace) -> None:
    """Boot, load, show, wait; everything is taken away at the end, however it ends."""
    started = time.monotonic()
    network = free_network()
    first, tenth = network.network_address + 1, network.network_address + 10
    with Bridge(BRIDGE, f"{first}/{network.prefixlen}") as bridge, Box("demo", str(tenth), bridge) as box:
        box.boot()
        print(f"box booting at {box.address} …", flush=True)
        box.wait_running()
        log_ins = load_data(box)
        show(box, log_ins, started)
        with callers(box, bridge, quiet=options.quiet):
            wait(box, options.seconds)
    print("demo: all taken away", flush=True)


def wait(box: Box, seconds: float) -> None:
    """Until Ctrl-C, the end of `seconds` (0: never), or the box stops by itself."""
    deadline = time.monotonic() + seconds
    while box.running and (not seconds or time.monotonic() < deadline):
        time.sleep(0.5)
    if not box.running:
        raise BoxError("the box stopped by itself")


def interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    options = parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, interrupt)
    try:
        run(options)
    except KeyboardInterrupt:
        print("demo: ended, all taken away", flush=True)
    except BoxError as error:
        print(f"demo: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
