"""The peer: plain Asterisk with app_queue and MixMonitor, in a network namespace of its own."""

import asyncio
import shutil
import subprocess
from pathlib import Path
from typing import Self

from tests.sip.network import Host, end_process
from tests.sip.waiting import until

CONFIGURATION = Path(__file__).parent / "app_queue"
START_SECONDS = 20.0


class PlainAsterisk:
    """Answers every number, records it mixed, and queues it for `agents` telephones at `phones_at`."""

    def __init__(self, host: Host, folder: Path, agents: int, phones_at: str, callers_at: str) -> None:
        self.host = host
        self._folder = folder
        self._agents = agents
        self._phones_at = phones_at
        self._callers_at = callers_at

    def _write(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        shutil.copytree(CONFIGURATION, self._folder / "etc")
        for name in ("run", "spool/monitor", "db", "log"):
            (self._folder / name).mkdir(parents=True)
        etc = self._folder / "etc"
        for file in ("asterisk.conf", "extensions.conf"):
            path = etc / file
            path.write_text(path.read_text().replace("@FOLDER@", str(self._folder)))
        sections = [(etc / "pjsip.conf").read_text().replace("@CALLERS@", self._callers_at)]
        members = [(etc / "queues.conf").read_text()]
        for number in range(1, self._agents + 1):
            sections.append(
                f"[agent{number}](phone)\naors=agent{number}\n"
                f"[agent{number}]\ntype=aor\ncontact=sip:agent{number}@{self._phones_at}\n"
            )
            members.append(f"member => PJSIP/agent{number}\n")
        (etc / "pjsip.conf").write_text("\n".join(sections))
        (etc / "queues.conf").write_text("".join(members))

    async def __aenter__(self) -> Self:
        self._write()
        etc = self._folder / "etc"
        with (self._folder / "log" / "console").open("wb") as console:
            self.process = await asyncio.create_subprocess_exec(
                *self.host.command("asterisk", "-f", "-C", str(etc / "asterisk.conf")),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=console,
                stderr=asyncio.subprocess.STDOUT,
            )
        await until(lambda: f"agent{self._agents}" in self.command("queue show bench"), START_SECONDS, "plain Asterisk")
        return self

    async def __aexit__(self, *_what: object) -> None:
        await end_process(self.process)
        shutil.rmtree(self._folder, ignore_errors=True)

    def command(self, words: str) -> str:
        etc = self._folder / "etc" / "asterisk.conf"
        done = subprocess.run(
            ["asterisk", "-C", str(etc), "-rx", words], capture_output=True, text=True, timeout=10, check=False
        )
        return done.stdout
