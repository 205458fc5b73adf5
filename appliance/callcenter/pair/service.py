"""The pair, as its page and its API see it, and what they wish of it."""

import asyncio
from dataclasses import replace
from pathlib import Path

from appliance import clock
from appliance.callcenter.pair.model import Pair
from appliance.callcenter.pair.view import view
from appliance.callcenter.people import audit
from appliance.callcenter.people.model import Author
from appliance.db import Sessions
from appliance.errors import ConflictError, UserError
from appliance.ha import cluster_file, wish
from appliance.ha.agent.asking import ask_report
from appliance.ha.agent.status_socket import SOCKET
from appliance.ha.cluster_file import CLUSTER_PATH
from appliance.ha.files_report import PROGRESS, files_report, with_files
from appliance.ha.wish import WISHES, AnyWish, BeginMaintenance, ClearHold, EndMaintenance, StopSwitchOver, SwitchOver

KIND = "cluster"
SEEN_SECONDS, SEEN_PAUSE_SECONDS = 2.0, 0.1


class AloneError(ConflictError):
    code, zh, en = "alone", "本机为单机运行，没有双机", "This box stands alone, there is no pair"


class WishRefusedError(UserError):
    """The agent or etcd said no; the text is theirs."""

    status = 409

    def __init__(self, code: str, zh: str, en: str) -> None:
        self.code, self.zh, self.en = code, zh, en
        super().__init__()


class PairService:
    def __init__(
        self,
        sessions: Sessions,
        *,
        file: Path = CLUSTER_PATH,
        socket: Path = SOCKET,
        wishes: Path = WISHES,
        files: Path = PROGRESS,
    ) -> None:
        self._sessions = sessions
        self._file = file
        self._socket = socket
        self._wishes = wishes
        self._files = files

    async def look(self) -> Pair | None:
        """None: this box stands alone."""
        cluster = cluster_file.load(self._file)
        if cluster is None:
            return None
        now, files = clock.now_ms(), files_report(self._files)
        found = view(cluster, await ask_report(self._socket), now)
        return replace(found, files=files, reasons=with_files(found.reasons, files, now))

    async def switch_over(self, author: Author, *, drain_minutes: int = 0, anyway: bool = False) -> int:
        """To the standby, when its calls have ended or the time is up; returns the epoch that is to be surpassed.

        `anyway`: in spite of what is only worth knowing. Raises AloneError, WishRefusedError.
        """
        pair = await self._pair()
        target = pair.standby.name if pair.standby is not None else ""
        wanted = SwitchOver(by=_by(author), to=target, drain_minutes=drain_minutes, anyway=anyway)
        await self._wish(author, wanted, "switch-over", target, f"drain {drain_minutes} min; anyway {anyway}")
        await self._until_seen(pair.epoch)
        return pair.epoch

    async def stop_switch_over(self, author: Author) -> None:
        """While it still waits for calls to end. Raises WishRefusedError."""
        await self._wish(author, StopSwitchOver(by=_by(author)), "stop-switch-over", "", "")

    async def begin_maintenance(self, box: str, author: Author) -> None:
        """Of the standby. Raises WishRefusedError."""
        await self._wish(author, BeginMaintenance(by=_by(author), box=box), "begin-maintenance", box, "")

    async def end_maintenance(self, author: Author) -> None:
        await self._wish(author, EndMaintenance(by=_by(author)), "end-maintenance", "", "")

    async def clear_hold(self, author: Author) -> None:
        await self._wish(author, ClearHold(by=_by(author)), "clear-hold", "", "")

    async def _pair(self) -> Pair:
        pair = await self.look()
        if pair is None:
            raise AloneError
        return pair

    async def _wish(self, author: Author, wanted: AnyWish, action: str, subject: str, detail: str) -> None:
        """The audit line comes first: after a switch-over nobody writes here any more."""
        await self._pair()
        await self._note(author, action, subject, detail)
        answer = await wish.send(wanted, self._wishes)
        if answer.error:
            await self._note(author, "refuse", subject, f"{action}: {answer.en}")
            raise WishRefusedError(answer.error, answer.zh, answer.en)

    async def _note(self, author: Author, action: str, subject: str, detail: str) -> None:
        async with self._sessions() as session, session.begin():
            audit.note(session, author, action, KIND, subject, detail)

    async def _until_seen(self, epoch: int) -> None:
        """Until the wish shows in what the agent reports, for a short while; else a page would call it not done."""
        end = asyncio.get_running_loop().time() + SEEN_SECONDS
        while asyncio.get_running_loop().time() < end:
            pair = await self.look()
            if pair is None or pair.switchover or pair.epoch > epoch or pair.active is None:
                return
            await asyncio.sleep(SEEN_PAUSE_SECONDS)


def _by(author: Author) -> str:
    return f"{author.login or 'nobody'} {author.address}".strip()[:100]
