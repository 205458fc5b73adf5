"""What can go wrong while a cluster is made or changed: what happened, and what to do about it, in both languages."""

from collections.abc import Sequence

from appliance.errors import UserError
from appliance.ha import wording
from appliance.ha.decision.readiness import NotReady


class ClusterError(UserError):
    """`do_zh` and `do_en` say what to do."""

    code, zh, en = "cluster", "集群操作失败", "The cluster could not be changed"
    do_zh = "用 hcc cluster status 查看现状后重试"
    do_en = "look at `hcc cluster status`, then try again"

    def lines(self) -> tuple[str, ...]:
        """For the console; English first, because a bare console may lack Chinese letters."""
        return (
            self.text("en"),
            f"  What to do: {self.do_en}",
            self.text("zh_CN"),
            f"  处理办法：{self.do_zh}",
        )


class NotRootError(ClusterError):
    code, zh, en = "not-root", "需要 root 权限", "Only root may do this"
    do_zh, do_en = "以 root 登录后重试", "sign in as root and try again"


class AloneError(ClusterError):
    code, zh, en = "alone", "本机尚未加入集群", "This machine stands alone"
    do_zh = "在第一台上运行 hcc cluster init，或用 hcc cluster join 加入"
    do_en = "run `hcc cluster init` on the first box, or join with `hcc cluster join`"


class InClusterError(ClusterError):
    code, zh, en = "in-cluster", "本机已属于另一配置的集群", "This machine is in a cluster already"
    do_zh = "确认现状：hcc cluster status；要退出，先在另一台上运行 hcc cluster remove，再在本机运行 hcc cluster leave"
    do_en = "see `hcc cluster status`; to leave: `hcc cluster remove` on another box, then `hcc cluster leave` here"


class AddressError(ClusterError):
    code, zh, en = "address", "地址不可用", "This address cannot be used"
    do_zh = "检查本机网卡地址，用 --address、--interface 指明，再重试"
    do_en = "check this machine's addresses, name them with --address and --interface, and try again"


class EtcdStartError(ClusterError):
    code, zh, en = "etcd-start", "集群存储（etcd）没有启动", "The cluster's memory (etcd) does not start"
    do_zh = "查看 journalctl -u hcc-etcd，排除原因后重复同一条命令"
    do_en = "look at `journalctl -u hcc-etcd`, mend it, and repeat the same command"


class NoQuorumError(ClusterError):
    code, zh, en = "no-quorum", "集群没有多数成员在线", "Most members of the cluster do not answer"
    do_zh = "接通其他成员或网络后重试；若它们已报废，在留下的一台上运行 hcc cluster rebuild --alone"
    do_en = "bring the other members or the network back; if they are gone for good: `hcc cluster rebuild --alone`"


class ConnectError(ClusterError):
    code, zh, en = "connect", "连不上发出邀请的那台", "The inviting box cannot be reached"
    do_zh = "在第一台上运行 hcc cluster invite，核对地址和防火墙（TCP 2379–2381），再重试"
    do_en = "run `hcc cluster invite` on the first box, check the address and firewalls (TCP 2379 to 2381), try again"


class WrongCodeError(ClusterError):
    code, zh, en = "wrong-code", "邀请码不正确", "The code is wrong"
    do_zh = "核对第一台屏幕上的 8 位邀请码；多次错误后邀请作废，需重新 hcc cluster invite"
    do_en = "compare the 8 digits on the first box; after some wrong tries the invitation ends: invite anew"


class InvitationOverError(ClusterError):
    code, zh, en = "invitation-over", "邀请已结束", "The invitation is over"
    do_zh = "在第一台上重新运行 hcc cluster invite"
    do_en = "run `hcc cluster invite` on the first box again"


class MiddleError(ClusterError):
    code, zh, en = (
        "man-in-the-middle",
        "对方证书不是第一台的，可能有人在中间冒充",
        "This is not the first box's certificate: somebody may stand in between",
    )
    do_zh = "停止操作，检查网络（交换机、代理），直连两台后再试"
    do_en = "stop, check the network (switches, proxies), connect the two directly and try again"


class NotConfirmedError(ClusterError):
    code, zh, en = "not-confirmed", "指纹未确认", "The fingerprint was not confirmed"
    do_zh = "两边屏幕上的指纹必须一致；核对后重试（脚本可加 --yes）"
    do_en = "it must be the same on both screens; compare and try again (programs: --yes)"


class RefusedError(ClusterError):
    code, zh, en = "refused", "第一台拒绝了加入", "The first box refused"
    do_zh = "按拒绝原因处理后重新邀请"
    do_en = "act on the reason, then invite again"


class ClockError(ClusterError):
    code, zh, en = "clock", "两台的时钟相差太大", "The two clocks differ too much"
    do_zh = "先校准时间（NTP），再重复同一条命令"
    do_en = "set the clock (NTP), then repeat the same command"


class UnknownMemberError(ClusterError):
    code, zh, en = "unknown-member", "集群中没有这个成员", "The cluster has no such member"
    do_zh = "用 hcc cluster status 查看成员名"
    do_en = "see the members' names in `hcc cluster status`"


class FullError(ClusterError):
    code, zh, en = "full", "集群已有两台主机和一台见证机", "The cluster has two boxes and a witness already"
    do_zh = "先用 hcc cluster remove 移除要替换的成员"
    do_en = "first take out what is replaced: `hcc cluster remove`"


class ActiveError(ClusterError):
    code, zh, en = "active", "该主机正在运行业务（或就是本机）", "This box is the active one, or the one you are on"
    do_zh = "先切换到另一台（hcc cluster switchover），或在另一台上操作"
    do_en = "switch over first (`hcc cluster switchover`), or do it from the other box"


class NobodyActiveError(ClusterError):
    code, zh, en = "nobody-active", "目前没有主机在运行业务", "No box is active now"
    do_zh = "查看 hcc cluster status；等待自动接管，或在确认另一台断电后 hcc cluster force-active"
    do_en = "see `hcc cluster status`; wait for the take-over, or `hcc cluster force-active` with the other one off"


class NotReadyError(ClusterError):
    code, zh, en = "not-ready", "双机目前不具备切换条件", "The pair is not ready to switch over"
    do_zh = "排除所列原因后重试；只是提醒的原因可用 --force 越过"
    do_en = "mend what is listed and try again; --force passes over what is only worth knowing"

    def __init__(self, reasons: Sequence[NotReady], ready_in_ms: int | None = None) -> None:
        super().__init__()
        self.reasons = tuple(reasons)
        self._seconds = -(-(ready_in_ms or 0) // 1_000)
        """For how long the standby has to be steady still; 0: unknown."""

    def text(self, language: str) -> str:
        self.detail = ("；" if language.startswith("zh") else "; ").join(
            self._said(reason, language) for reason in self.reasons
        )
        return super().text(language)

    def _said(self, reason: NotReady, language: str) -> str:
        said = wording.ADVICE[reason].what.text(language)
        if reason is not NotReady.PEER_NEW or not self._seconds:
            return said
        minutes, seconds = divmod(self._seconds, 60)
        left = f"{minutes}:{seconds:02} min" if minutes else f"{seconds} s"
        return f"{said}（还需 {left}）" if language.startswith("zh") else f"{said} (another {left})"


class SlowError(ClusterError):
    code, zh, en = "slow", "切换没有在规定时间内完成", "The switch-over has not come about in time"
    do_zh = "查看 hcc cluster status 和 journalctl -u hcc-ha-agent"
    do_en = "see `hcc cluster status` and `journalctl -u hcc-ha-agent`"


class NotHereError(ClusterError):
    code, zh, en = "not-here", "此操作须在主机上进行，见证机上不行", "A box can do this, the witness cannot"
    do_zh = "见证机重建：在见证机上 hcc cluster leave，再从主机 invite --witness 重新加入"
    do_en = "to make a witness anew: `hcc cluster leave` there, then `invite --witness` on a box and join again"


class DataError(ClusterError):
    code, zh, en = "data", "本机已有业务数据，不能直接加入双机", "This box has data of its own"
    do_zh = "双机使用 PostgreSQL：第一台用 hcc cluster init … --move-data 迁移，第二台须为全新设备"
    do_en = "a pair uses PostgreSQL: the first box moves there by hcc cluster init ... --move-data; the second is new"


class MoveError(ClusterError):
    code, zh, en = "move", "数据未迁移，本机仍用原数据库", "The data were not moved; the box goes on as before"
    do_zh = "按提示处理后重新执行；原数据库文件未改动"
    do_en = "see to what it says and repeat the command; the old file is as it was"


class NoWatchdogError(ClusterError):
    code, zh, en = "no-watchdog", "本机没有可用的硬件看门狗", "This machine has no hardware watchdog that can be used"
    do_zh = "在 BIOS 中启用看门狗并加载其驱动（ls /dev/watchdog0），或改用 auto"
    do_en = "switch it on in the BIOS and load its driver (`ls /dev/watchdog0`), or use auto"


class SentenceError(ClusterError):
    code, zh, en = "sentence", "没有键入确认语句，未执行", "The sentence was not typed; nothing was done"
    do_zh = "确认另一台确实断电后，逐字键入屏幕上的语句"
    do_en = "make sure that the other box is switched off, then type the sentence exactly"


class CommandError(ClusterError):
    code, zh, en = "command", "系统命令失败", "A command of the system failed"
