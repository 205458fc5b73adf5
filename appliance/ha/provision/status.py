"""What `hcc cluster status` shows: members as etcd knows them, who answers, how long the certificates last."""

import asyncio
import contextlib
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime

from appliance import clock
from appliance.ha import wording
from appliance.ha.agent.guard import WatchdogView
from appliance.ha.agent.status import Report, Status
from appliance.ha.cluster_file import Cluster, Member, WatchdogMode
from appliance.ha.decision import readiness
from appliance.ha.decision.model import WatchdogState
from appliance.ha.decision.readiness import NotReady
from appliance.ha.etcd import model
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import EtcdError
from appliance.ha.files_report import FilesView, with_files
from appliance.ha.provision import certificates, roster
from appliance.ha.provision.administration import CLIENT_PORT, access, client_url
from appliance.ha.provision.errors import CommandError
from appliance.ha.provision.places import Places

FILES_TROUBLES = 5
ANSWER_SECONDS = 2.0


@dataclass(frozen=True)
class Seat:
    """One member."""

    member: Member
    role: str
    """voting, learner or absent, as etcd's list has it."""
    health: str
    leads: bool
    certificate_ends: datetime | None

    @property
    def healthy(self) -> bool:
        return self.role == "voting" and self.health == "healthy"


async def seats(places: Places, cluster: Cluster) -> list[Seat]:
    """All members at once; who does not answer is shown so."""
    known, listed = await _known(places, cluster)
    return list(await asyncio.gather(*(_seat(places, cluster, member, listed) for member in known)))


async def _known(places: Places, cluster: Cluster) -> tuple[tuple[Member, ...], tuple[model.Member, ...] | None]:
    """Members as agreed on, and as etcd lists them; only our own copy and None when nobody answers who knows."""
    async with EtcdClient(access(places, cluster, as_root=False, seconds=ANSWER_SECONDS)) as etcd:
        try:
            agreed, _ = await roster.load(etcd)
            return (agreed or cluster).members, await etcd.members()
        except EtcdError:
            return cluster.members, None


async def _seat(places: Places, cluster: Cluster, member: Member, listed: tuple[model.Member, ...] | None) -> Seat:
    url = client_url(member.address)
    found = next((one for one in listed or () if url in one.client_urls), None)
    role = "unknown" if listed is None else "absent" if found is None else "learner" if found.is_learner else "voting"
    health, leads = await _health(places, cluster, member)
    ends = await asyncio.to_thread(_certificate_ends, places, cluster, member)
    return Seat(member, role, health, leads, ends)


async def _health(places: Places, cluster: Cluster, member: Member) -> tuple[str, bool]:
    """Whether that very member can read what all have agreed on; a box can also tell who leads."""
    as_root = places.root_password.exists()
    async with EtcdClient(access(places, cluster, as_root=as_root, asked=[member], seconds=ANSWER_SECONDS)) as etcd:
        try:
            await etcd.get(roster.ROSTER_KEY)
            if not as_root:
                return "healthy", False
            status = await etcd.status(client_url(member.address))
        except EtcdError as error:
            return _short(error), False
    return "healthy", status.leader == status.member_id


def _short(error: EtcdError) -> str:
    text = str(error)
    return "a learner" if "learner" in text else "no leader" if "no leader" in text else "no answer"


def _certificate_ends(places: Places, cluster: Cluster, member: Member) -> datetime | None:
    """As that member shows it now: what counts is what etcd has loaded."""
    if member.name == cluster.me:
        with contextlib.suppress(CommandError):
            return certificates.ends_at(places.certificate)
        return None
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(places.authority))
    context.load_cert_chain(places.certificate, places.key)
    try:
        with (
            socket.create_connection((member.address, CLIENT_PORT), ANSWER_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=member.address) as secure,
        ):
            shown = secure.getpeercert() or {}
    except OSError:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)


# -- what this box's agent says --------------------------------------------------------------------


def watchdog_text(dog: WatchdogView) -> str:
    if dog.mode is WatchdogMode.OFF:
        return "off 已关闭"
    match dog.state:
        case WatchdogState.NONE:
            return f"none 无 ({dog.refusal})"
        case WatchdogState.MISSING:
            return f"required, and there is none: this box cannot take over 缺少必需的硬件看门狗 ({dog.refusal})"
        case WatchdogState.COUNTS:
            return f"armed 已启用 ({dog.device}, {dog.seconds} s)"
        case WatchdogState.READY:
            return f"ready 待命 ({dog.device}, {dog.seconds} s)"


def files_lines(view: FilesView | None) -> list[str]:
    if view is None:
        return []
    since = None if view.oldest is None else datetime.fromtimestamp(view.oldest / 1000, UTC).astimezone()
    oldest = "" if since is None else f", oldest 最早 {since:%F %T}"
    lines = [f"recordings with one copy 仅有一份的录音: {view.one_copy}{oldest}"]
    return lines + [f"files 文件: {trouble}" for trouble in view.troubles[:FILES_TROUBLES]]


def not_ready(report: Report, files: FilesView | None) -> tuple[NotReady, ...]:
    """Why the pair is not redundant, as the active box knows; of files only that box can tell."""
    told = next((node.not_ready for node in report.nodes.values() if node.active and node.not_ready is not None), ())
    reasons = tuple(map(readiness.named, told))
    return with_files(reasons, files, clock.now_ms()) if report.own.active else reasons


def advice_lines(reason: NotReady) -> list[str]:
    """A reason for the console; English first, because a bare console may lack Chinese letters."""
    what, do = wording.ADVICE[reason]
    return [f"  {what.en}. {do.en}.", f"  {what.zh}。{do.zh}。"]


def _sorted(report: Report) -> list[tuple[str, Status]]:
    return sorted(report.nodes.items())


def agent_lines(report: Report | None, files: FilesView | None) -> list[str]:
    if report is None:
        return []
    lines = ["", *(f"{name}: {node.state}, {node.sentence}" for name, node in _sorted(report))]
    lines += [
        f"{name}: watchdog 看门狗: {watchdog_text(node.watchdog)}" for name, node in _sorted(report) if node.watchdog
    ]
    reasons = not_ready(report, files)
    active = next((name for name, node in report.nodes.items() if node.active), None)
    lines.append(f"active 运行中: {active or 'none 无'}")
    if active:
        lines.append(
            "redundant 冗余: "
            + (f"no 否, {', '.join(reason.name.lower() for reason in reasons)}" if reasons else "yes 是")
        )
        lines += [line for reason in reasons for line in advice_lines(reason)]
    wanted = {"maintenance 维护": report.maintenance, "switch-over to 切换到": report.switchover}
    lines += [f"{word}: {name}" for word, name in wanted.items() if name]
    return [*lines, "hold 已锁定自动切换: hcc cluster clear-hold"] if report.hold else lines
