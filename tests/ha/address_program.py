"""The parts of the agent that have to do with the address, alone in a process: told what to do, says what it sees.

    python -m tests.ha.address_program ADDRESS4 ADDRESS6|- GATEWAY|- OWN

A line in is a command, a line out is JSON: what happened, when (BOOTTIME ms), and the state after it.
"""

import asyncio
import json
import logging
import socket
import sys
from collections.abc import Callable

from appliance.clock import boot_ms
from appliance.ha.address.rules import Thresholds
from appliance.ha.address.service_address import ServiceAddress
from appliance.ha.address.uplink import Uplink
from appliance.ha.cluster_file import ServiceAddress as Settings
from appliance.service import Supervisor
from tests.sip.waiting import until

PORT = 5060
RENEW_SECONDS = 0.2


class Program:
    name = "commands"

    def __init__(self, settings: Settings, own: str) -> None:
        self.settings = settings
        self.uplink = Uplink(settings, own, limits=Thresholds())
        self.address = ServiceAddress(settings, self.uplink)
        self.uplink.changed = self.address.changed = lambda: self.say("changed")
        self.supervisor = Supervisor([self.uplink, self.address, self])
        self.repeated: asyncio.Task[None] | None = None
        self.listening: asyncio.Server | None = None

    def say(self, what: str, **more: object) -> None:
        seen = {"held": self.address.held(), "gateway": self.uplink.gateway, "conflict": self.uplink.address_conflict}
        print(json.dumps({"what": what, "at": boot_ms(), **seen, **more}), flush=True)

    async def open(self) -> None:
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        self.reader = reader

    async def run(self) -> None:
        self.say("ready")
        while line := await self.reader.readline():
            command, *words = line.decode().split()
            await getattr(self, command)(*(int(word) for word in words))
        self.supervisor.stop()
        await asyncio.Event().wait()

    async def close(self) -> None:
        self.rest()

    # -- commands -----------------------------------------------------------------------------------

    async def hold(self, ms: int) -> None:
        """Once."""
        self.rest()
        before = boot_ms()
        self.address.hold(before + ms)
        await until(lambda: self.address._done >= self.address._asked, 3, "it is done", pause_seconds=0.001)
        self.say("hold", before=before, after=boot_ms(), until=before + ms)

    async def renew(self, ms: int) -> None:
        """As an agent that keeps its lease; one that stood still has lost it."""
        last = boot_ms()

        def once() -> None:
            nonlocal last
            now = boot_ms()
            if now - last > ms:
                self.address.drop()
                self.say("too late")
            else:
                last = now
                self.address.hold(now + ms)
                self.say("renew", until=now + ms)

        self.repeat(once)

    async def probe(self) -> None:
        self.repeat(self.uplink.probe)

    async def drop(self) -> None:
        self.rest()
        self.address.drop()
        await until(lambda: self.address._done >= self.address._asked, 3, "it is done", pause_seconds=0.001)
        self.say("drop")

    async def listen(self) -> None:
        """Bind to the address itself; that fails while it is on probation."""
        self.listening = await asyncio.start_server(
            lambda _, writer: writer.close(), self.settings.v6, PORT, family=socket.AF_INET6
        )
        self.say("listen")

    def repeat(self, what: Callable[[], None]) -> None:
        async def again() -> None:
            while True:
                what()
                await asyncio.sleep(RENEW_SECONDS)

        self.rest()
        self.repeated = asyncio.create_task(again())

    def rest(self) -> None:
        if self.repeated is not None:
            self.repeated.cancel()


async def main() -> None:
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(message)s")
    v4, v6, gateway, own = (None if word == "-" else word for word in sys.argv[1:])
    await Program(Settings("eth0", v4, v6, gateway), own).supervisor.run()


if __name__ == "__main__":
    asyncio.run(main())
