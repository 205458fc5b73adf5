"""`hcc cluster …`: steering and mending."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable

from appliance.ha.agent.asking import ask_report
from appliance.ha.cluster_file import Cluster, WatchdogMode
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.provision import mending, steering
from appliance.ha.provision.administration import access
from appliance.ha.provision.console import asked, present_cluster, say, typed
from appliance.ha.provision.errors import NotConfirmedError
from appliance.ha.provision.history_command import history
from appliance.ha.provision.places import Places
from appliance.ha.provision.steering import Steering


def _steer[T](places: Places, work: Callable[[Steering], Awaitable[T]]) -> T:
    cluster = present_cluster(places)

    async def run() -> T:
        async with EtcdClient(access(places, cluster, as_root=False)) as etcd:
            return await work(Steering(etcd, cluster))

    return asyncio.run(run())


def switchover(arguments: argparse.Namespace, places: Places) -> int:
    """Make the other box the active one, after its calls have ended or the time is up."""
    refused = steering.refusal(asyncio.run(ask_report()), anyway=arguments.force)

    async def work(steer: Steering) -> str:
        target = await steer.switch_over(arguments.name, drain_minutes=arguments.drain, refused=refused)
        say(f"switching over to {target}, waiting for calls up to {arguments.drain:g} min 正在切换")
        await steer.until_active(target, drain_minutes=arguments.drain)
        return target

    say(f"{_steer(places, work)} is active 已切换")
    return 0


def maintenance(arguments: argparse.Namespace, places: Places) -> int:
    """Keep a standby box out while somebody works on it; off: let it back."""
    if arguments.word == "on":
        name = arguments.name or present_cluster(places).me
        _steer(places, lambda steer: steer.maintenance_on(name))
        say(f"{name} is in maintenance until `hcc cluster maintenance off` 维护中")
        return 0
    ended = _steer(places, lambda steer: steer.maintenance_off())
    say(f"maintenance of {ended} ends 维护结束" if ended else "no box is in maintenance 没有维护中的主机")
    return 0


def clear_hold(_arguments: argparse.Namespace, places: Places) -> int:
    """After too many fail-overs: let the pair fail over by itself again."""
    _steer(places, lambda steer: steer.clear_hold())
    say("the pair may fail over by itself again 已解除锁定")
    return 0


def watchdog(arguments: argparse.Namespace, places: Places) -> int:
    """Whether this box uses a hardware watchdog, or must have one to become active."""
    cluster = present_cluster(places)
    if arguments.mode is not None:
        cluster = steering.use_watchdog(places, cluster, WatchdogMode(arguments.mode))
    say(f"{cluster.me}: watchdog 看门狗: {cluster.watchdog}")
    return 0


def remove(arguments: argparse.Namespace, places: Places) -> int:
    """Take another member out of the cluster."""
    cluster = present_cluster(places)
    _confirm(f"Take {arguments.name} out of the cluster? 移除该成员？", yes=arguments.yes)
    asyncio.run(mending.remove(places, cluster, arguments.name))
    say(f"{arguments.name} is not a member any more 已移除; on that machine 在该机器上: hcc cluster leave")
    return 0


def rebuild(arguments: argparse.Namespace, places: Places) -> int:
    """Throw this member's etcd data away and fetch it from the others; --alone: the others are gone for good."""
    cluster = present_cluster(places)
    if arguments.alone:
        asyncio.run(mending.stand_alone(places, cluster, typed(mending.ALONE_SENTENCES)))
        say(f"{cluster.me} is the only member now 现为唯一成员; next 下一步: hcc cluster invite")
        return 0
    _confirm("Throw away what etcd keeps on this machine? 清除本机 etcd 数据？", yes=arguments.yes)
    asyncio.run(mending.rebuild(places, cluster))
    say(f"{cluster.me} is a whole member again 已重建")
    return 0


def leave(arguments: argparse.Namespace, places: Places) -> int:
    """Make this machine forget that it is a member; calls and records stay."""
    _confirm("Keys and membership of this machine are deleted. 删除本机的集群身份？", yes=arguments.yes)
    mending.leave(places)
    say("this machine stands alone after a restart 已退出集群，重启后单机运行")
    return 0


def force_active(_arguments: argparse.Namespace, places: Places) -> int:
    """Break-glass: make this box active although the others do not answer."""
    cluster = present_cluster(places)
    say("Both boxes active at once lose calls and records. 两台同时运行会丢失通话和数据。")
    say("Go to the other box and pull its power first. 请先到现场拔掉另一台的电源。")
    steering.force_active(cluster, typed(steering.SENTENCES))
    say(f"{cluster.me} becomes active 本机将强制接管; see 查看: hcc cluster status")
    return 0


def _confirm(question: str, *, yes: bool) -> None:
    """Raises NotConfirmedError."""
    if not asyncio.run(asked(question, yes=yes)):
        raise NotConfirmedError(question)


def cluster_boxes(cluster: Cluster) -> list[str]:
    return [box.name for box in cluster.boxes]


type Add = Callable[[str, Callable[[argparse.Namespace, Places], int]], argparse.ArgumentParser]


def add_commands(add: Add) -> None:
    one = add("switchover", switchover)
    one.add_argument("name", nargs="?", help="of the box that is to be active; the other one")
    one.add_argument("--drain", type=float, default=0.0, metavar="MINUTES", help="how long to wait for calls to end")
    one.add_argument("--force", action="store_true", help="although the pair is not ready for it")
    one = add("maintenance", maintenance)
    one.add_argument("word", choices=("on", "off"))
    one.add_argument("name", nargs="?", help="of the box; this one")
    add("clear-hold", clear_hold)
    add("history", history).add_argument("epoch", nargs="?", type=int, help="of the one whose time line is shown")
    one = add("watchdog", watchdog)
    one.add_argument("mode", nargs="?", choices=[mode.value for mode in WatchdogMode])
    one = add("remove", remove)
    one.add_argument("name")
    _with_yes(one)
    one = add("rebuild", rebuild)
    one.add_argument("--alone", action="store_true", help="the other members are gone for good")
    _with_yes(one)
    _with_yes(add("leave", leave))
    add("force-active", force_active)


def _with_yes(one: argparse.ArgumentParser) -> None:
    one.add_argument("--yes", action="store_true", help="do not ask")
