"""What people read of the pair, in Chinese and English: reasons with advice, states, causes, the why of decisions."""

from collections.abc import Iterable
from typing import NamedTuple

from appliance.ha.decision.model import Cause, State
from appliance.ha.decision.readiness import NotReady
from appliance.ha.decision.reasons import Why


class Words(NamedTuple):
    zh: str
    en: str

    def text(self, language: str) -> str:
        """In "zh_CN" or "en"."""
        return self.zh if language.startswith("zh") else self.en


class Advice(NamedTuple):
    """What is so, and what to do about it."""

    what: Words
    do: Words


ADVICE: dict[NotReady, Advice] = {
    NotReady.NO_QUORUM: Advice(
        Words("集群没有多数成员在线", "Most members of the cluster do not answer"),
        Words(
            "检查另一台和见证机是否开机、网络是否接通",
            "See whether the other box and the witness run, and whether the network reaches them",
        ),
    ),
    NotReady.PEER_SILENT: Advice(
        Words("另一台没有回应", "The other box does not answer"),
        Words(
            "检查另一台的电源、网线和直连线；开机后会自动归队",
            "Look at its power, its network and the direct link; once it runs it comes back by itself",
        ),
    ),
    NotReady.PEER_IN_MAINTENANCE: Advice(
        Words("另一台在维护中", "The other box is in maintenance"),
        Words("维护完成后，在本页结束维护", "End the maintenance here when the work is done"),
    ),
    NotReady.PEER_NOT_LISTED: Advice(
        Words("另一台的数据尚未同步", "The other box does not have every record yet"),
        Words(
            "一般几分钟内自动跟上；长时间不变，请查看另一台的磁盘与日志",
            "It usually catches up within minutes; if it does not, look at its disk and its journal",
        ),
    ),
    NotReady.PEER_UNABLE: Advice(
        Words(
            "另一台缺少必需的硬件看门狗，不能接管", "The other box cannot take over: its required watchdog is missing"
        ),
        Words(
            "在那台的 BIOS 和驱动中启用看门狗，或在那台上运行 hcc cluster watchdog auto",
            "Switch it on in that box's BIOS and load its driver, or run `hcc cluster watchdog auto` there",
        ),
    ),
    NotReady.HOLD: Advice(
        Words(
            "一小时内自动切换过多，已锁定自动切换",
            "There were too many fail-overs within an hour: none happens by itself now",
        ),
        Words("查明原因后，在本页解除锁定", "Find out why, then clear the hold here"),
    ),
    NotReady.WITNESS_SILENT: Advice(
        Words("见证机没有回应", "The witness does not answer"),
        Words(
            "检查见证机的电源与网络；此时再坏一台，服务可能中断",
            "Look at its power and network; should a box fail now as well, the service may stop",
        ),
    ),
    NotReady.PEER_NEW: Advice(
        Words("另一台刚刚归队，稳定五分钟后才算就绪", "The other box has come back less than five minutes ago"),
        Words("请稍候；需要时它已能接管", "Wait; should it be needed before, it takes over all the same"),
    ),
    NotReady.PEER_LESS_FIT: Advice(
        Words("另一台的健康状况不如本机", "The other box is in a worse state than this one"),
        Words("查看其卡片上的健康分、网关与磁盘", "See its health, gateway and disk on its card"),
    ),
    NotReady.NOBODY_ACTIVE: Advice(
        Words("目前没有主机在运行业务", "No box is active now"),
        Words(
            "一般数秒内自动接管；否则见管理手册“双机”一章",
            "One usually takes over within seconds; if not, see the manual, “A pair”",
        ),
    ),
    NotReady.AGENT_SILENT: Advice(
        Words("本机的双机程序没有回应，状态未知", "The pair's agent on this box does not answer: nothing is known"),
        Words("在本机查看 journalctl -u hcc-ha-agent", "See `journalctl -u hcc-ha-agent` on this box"),
    ),
    NotReady.NO_SECOND_BOX: Advice(
        Words("尚未加入第二台主机", "No second box has joined"),
        Words(
            "在本机运行 hcc cluster invite，再在第二台上运行 hcc cluster join",
            "Run `hcc cluster invite` here and `hcc cluster join` on the second box",
        ),
    ),
    NotReady.NO_WITNESS: Advice(
        Words("尚未加入见证机", "No witness has joined"),
        Words(
            "在本机运行 hcc cluster invite --witness，再在见证机上运行 hcc cluster witness",
            "Run `hcc cluster invite --witness` here and `hcc cluster witness` on that machine",
        ),
    ),
    NotReady.FILES_SILENT: Advice(
        Words("录音复制程序没有回应", "The programs that copy recordings and prompts do not hear of each other"),
        Words(
            "一般一分钟内恢复；长时间不变，请在两台上运行 systemctl status hcc-replica",
            "They usually do within a minute; if not, run `systemctl status hcc-replica` on both boxes",
        ),
    ),
    NotReady.FILES_BEHIND: Advice(
        Words("有录音超过半小时仍只存于一台", "A recording has lain on one box only for more than half an hour"),
        Words(
            "检查另一台的磁盘空间，并查看 hcc cluster status 给出的原因",
            "Look at the room on the other box's disk, and at what `hcc cluster status` says of files",
        ),
    ),
    NotReady.TALKS: Advice(
        Words("有通话正在进行", "Talks are going on"),
        Words("选一个更清闲的时段", "Choose a quieter time"),
    ),
    NotReady.NOBODY_LOOKED: Advice(
        Words("时段内没有主机运行管理程序", "No box ran its pages during the window"),
        Words("查看历史与日志，了解当时的情况", "See in the history and the journal what there was"),
    ),
    NotReady.UNKNOWN: Advice(
        Words("另一版本的主机报告了本版本不认识的原因", "A box of another version names a reason that this one lacks"),
        Words("完成两台的升级", "Finish the upgrade of both boxes"),
    ),
}

STATES: dict[State, Words] = {
    State.BOOT: Words("启动中", "Starting"),
    State.JOIN: Words("同步数据中", "Joining"),
    State.STANDBY: Words("备用", "Standby"),
    State.CAMPAIGN: Words("准备接管", "Campaigning"),
    State.PROMOTE: Words("正在接管", "Taking over"),
    State.ACTIVE: Words("运行中", "Active"),
    State.ACTIVE_PROMISED: Words("运行中（凭对方承诺）", "Active on the other's promise"),
    State.ACTIVE_SOLO: Words("运行中（单台）", "Active alone"),
    State.DRAIN: Words("等待通话结束", "Waiting for calls to end"),
    State.DEMOTE: Words("正在交出", "Stepping down"),
    State.MAINT: Words("维护中", "In maintenance"),
    State.HOLD: Words("已锁定", "On hold"),
    State.FAILED: Words("故障", "Failed"),
}

CAUSES: dict[Cause, Words] = {
    Cause.FIRST_START: Words("首次启动", "first start"),
    Cause.REGAINED: Words("一直运行，重新取得租约", "it went on serving and won its lease anew"),
    Cause.PEER_GONE: Words("另一台失联", "the other box was gone"),
    Cause.RETURNED: Words("原主机重新启动", "the last active box came back"),
    Cause.NOBODY_ELSE: Words("健康不佳而交出，但无人接管", "it stepped down, and nobody else took over"),
    Cause.SWITCHOVER: Words("计划切换", "planned switch-over"),
    Cause.FORCED: Words("人工强制接管", "forced by a person"),
    Cause.RIGHT_LOST: Words("失去租约", "lease lost"),
    Cause.OUTVOTED: Words("另一台已接管", "the other box had taken over"),
    Cause.NOT_LISTED: Words("数据不全", "records were missing"),
    Cause.START_FAILED: Words("启动失败", "the start failed"),
    Cause.SERVICES: Words("服务反复故障", "services kept failing"),
    Cause.POSTGRES: Words("数据库故障", "database failure"),
    Cause.UPLINK: Words("网络上联故障", "uplink failure"),
    Cause.DISK: Words("磁盘故障", "disk failure"),
}

CHINESE: dict[Why, str] = {
    Why.STARTED: "已启动，尚未取得服务地址，业务未运行。",
    Why.CLEARING: "正在停止上次运行遗留的程序。",
    Why.JOINING: "正在作为 {0} 的备机加入。",
    Why.REJOINING: "正在撤销对方没有的数据：{0}。",
    Why.REJOIN_FAILED: "{0} 次尝试均未能成为备机，需要人工处理。",
    Why.DISK_FAILED: "磁盘故障，需要人工处理。",
    Why.NO_QUORUM: "没有多数成员在线，正在等待见证机或另一台。",
    Why.IN_STEP: "备机数据已同步。",
    Why.NO_LEADER_STANDBY: "目前没有主机，本机备用待命。",
    Why.FOLLOWING: "{0} 为主机，任期 {1}。",
    Why.LAST_PRIMARY_FIRST: "先等上次的主机 {0} 毫秒。",
    Why.NOT_LISTED: "数据可能不全，不能接管。",
    Why.PLEDGED: "已承诺 {0} 毫秒内不接管。",
    Why.SWITCHOVER_TO_PEER: "正在切换到 {0}。",
    Why.DEMOTED_RECENTLY: "本机刚刚交出，先让另一台接管。",
    Why.STILL_RECEIVES: "原主机仍在发送数据，等它停止。",
    Why.CANDIDATE: "没有主机且本机数据完整，准备接管。",
    Why.CAMPAIGNING: "等待取得租约的结果。",
    Why.CAMPAIGN_LOST: "{0} 先取得了租约。",
    Why.CAMPAIGN_LATE: "未能及时取得租约。",
    Why.WON: "已取得租约，任期 {0}。",
    Why.FORCED: "人工强制接管（已声明另一台断电）。",
    Why.READING_BACK: "正在核对本任期的集群状态。",
    Why.PROMOTING: "正在提升数据库为主库。",
    Why.RECORDING_SOLE: "正在登记目前没有同步的备机。",
    Why.OPENING: "正在放开数据库写入。",
    Why.ARMING: "正在启用硬件看门狗。",
    Why.NO_WATCHDOG: "本机须有硬件看门狗才能接管，但没有可用的。",
    Why.STARTING_SERVICES: "正在启动业务程序。",
    Why.ADDRESS_TAKEN: "另一台仍在线，但服务地址被其他设备占用。",
    Why.READY: "一切就绪，正在启用服务地址，任期 {0}。",
    Why.PROMOTION_LATE: "未能及时完成接管。",
    Why.SERVING: "运行中，任期 {0}。",
    Why.SERVING_PROMISED: "没有租约，凭另一台的承诺继续运行。",
    Why.SERVING_SOLO: "另一台在维护，本机单独运行。",
    Why.SERVING_FORCED: "按人工指令运行，直到重新取得租约。",
    Why.RIGHT_LOST: "运行权到期，正在交出。",
    Why.OUTVOTED: "{0} 已是主机（任期 {1}），正在交出。",
    Why.SUCCEEDED: "{0} 已成为主库，正在交出。",
    Why.UNHEALTHY: "正在交给更健康的另一台：{0}。",
    Why.UNHEALTHY_STAYS: "健康不佳（{0}），但另一台不能接管：{1}。",
    Why.DRAINING: "正在切换到 {0}：还有 {1} 路通话。",
    Why.NOT_READY: "未切换：{0}。",
    Why.LEAVING: "正在交给 {0}。",
    Why.STOPPING: "正在停止：服务地址、业务程序、数据库，最后交还租约。",
    Why.STOPPED: "已全部停止。",
    Why.SYNC_DROPPED: "写入在等待 {0}，已暂不等待它。",
    Why.SYNC_BLOCKED: "写入在等待 {0}，集群存储不可用，不能放弃它。",
    Why.SYNC_ADDING: "{0} 已稳定同步，写入将重新等待它。",
    Why.SYNC_ADDED: "{0} 数据完整，正在登记。",
    Why.POSTGRES_RESTARTS: "数据库停止，正在重新启动。",
    Why.SERVICES_RESTART: "有业务程序故障，正在重新启动。",
    Why.MAINTENANCE: "维护中，由主机结束维护前不参与接管。",
    Why.MAINTENANCE_OVER: "维护结束。",
    Why.HELD: "自动切换过多，需要人工查看。",
    Why.HOLD_OVER: "已解除锁定。",
}


def sentence(why: str, arguments: Iterable[str | int], fallback: str, language: str) -> str:
    """Of a box's status. What another version says in a way that is not known here stays as it said it."""
    known = Why.__members__.get(why)
    if known is None or not language.startswith("zh"):
        return fallback
    try:
        return CHINESE[known].format(*(_chinese(one) for one in arguments))
    except IndexError:
        return fallback


def _chinese(argument: str | int) -> str | int:
    """Reasons and causes occur in sentences by their values."""
    if not isinstance(argument, str):
        return argument
    if argument in NotReady:
        return ADVICE[NotReady(argument)].what.zh
    return CAUSES[Cause(argument)].zh if argument in Cause else argument
