"""Machines of their own on the box's bridge: a network namespace with one address each."""

import asyncio
import contextlib
import itertools
import os
import subprocess

_numbers = itertools.count(1)


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, timeout=10, check=False)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(words)}: {done.stderr.strip()}")


class Host:
    """One machine on a bridge: `command` puts a program into it."""

    def __init__(self, bridge: str, address: str) -> None:
        number = next(_numbers)
        self.name, self.link, self.address = f"hcc-{os.getpid()}-{number}", f"hv{os.getpid()}-{number}", address
        _ip("netns", "add", self.name)
        try:
            _ip("link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns", self.name)
            _ip("link", "set", self.link, "master", bridge, "up")
            # The same address always has the same hardware address: neighbours keep what they know.
            hardware = ":".join(f"{int(part):02x}" for part in ("2", "0", *address.split(".")))
            _ip("-n", self.name, "link", "set", "eth0", "address", hardware)
            _ip("-n", self.name, "addr", "add", f"{address}/24", "dev", "eth0")
            _ip("-n", self.name, "link", "set", "eth0", "up")
            _ip("-n", self.name, "link", "set", "lo", "up")
        except BaseException:
            self.close()
            raise

    def command(self, *words: str) -> list[str]:
        return ["nsenter", f"--net=/run/netns/{self.name}", *words]

    def cut(self) -> None:
        """Pull the cable."""
        _ip("link", "set", self.link, "down")

    def mend(self) -> None:
        _ip("link", "set", self.link, "up")

    def close(self) -> None:
        for words in (("link", "del", self.link), ("netns", "del", self.name)):
            with contextlib.suppress(RuntimeError):
                _ip(*words)


async def end_process(process: asyncio.subprocess.Process, seconds: float = 3.0) -> int:
    """Ask a process to end, then make it. Returns its exit status."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            return await asyncio.wait_for(process.wait(), seconds)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
    return await process.wait()
