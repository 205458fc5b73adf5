"""`hcc cluster …`: what hospital IT types to make, grow, mend and steer the pair."""

import argparse
import asyncio
import functools
import os
import sys
from collections.abc import Callable, Sequence

from appliance import config
from appliance.command_line import add_command
from appliance.ha.agent.asking import ask_report
from appliance.ha.cluster_file import Cluster, Part
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import EtcdError, EtcdUnavailableError
from appliance.ha.files_report import files_report
from appliance.ha.provision import certificates, first, invitation, joining, machine, status, steering_commands, wire
from appliance.ha.provision.administration import Administration, NotInStepError, access
from appliance.ha.provision.admission import Admission
from appliance.ha.provision.console import asked, present_cluster, say, table
from appliance.ha.provision.errors import (
    ClusterError,
    CommandError,
    InvitationOverError,
    NoQuorumError,
    NotRootError,
)
from appliance.ha.provision.invitation import Invitation
from appliance.ha.provision.places import Places
from appliance.ha.provision.wire import Grant

type Command = Callable[[argparse.Namespace, Places], int]

PROMOTE_SECONDS = 120.0


# -- making and growing ----------------------------------------------------------------------------


def init(arguments: argparse.Namespace, places: Places) -> int:
    """Make this box the first of a pair."""
    plan = first.Plan(
        service=arguments.service_address,
        service_v6=arguments.service_address_v6,
        name=arguments.name,
        cluster=arguments.cluster,
        address=arguments.address,
        direct=arguments.direct,
        interface=arguments.interface,
        gateway=arguments.gateway,
        move_data=arguments.move_data,
    )
    cluster = asyncio.run(first.make(places, plan, say))
    own = cluster.own
    say(f"{cluster.name}: {own.name} ({own.address}), service address {cluster.service.v4} 集群已建立")
    say("next 下一步: hcc cluster invite, hcc cluster invite --witness")
    return 0


def invite(arguments: argparse.Namespace, places: Places) -> int:
    """Let a second box, or the witness, join: prints a code and waits."""
    cluster = present_cluster(places)
    part = Part.WITNESS if arguments.witness else Part.BOX
    granted = asyncio.run(_invite(places, cluster, part, arguments))
    say(f"{granted.member.name} ({granted.member.address}) has joined 已加入")
    return 0


async def _invite(places: Places, cluster: Cluster, part: Part, arguments: argparse.Namespace) -> Grant:
    code, fingerprint = invitation.new_code(), certificates.fingerprint_of_file(places.certificate)
    admission = Admission(places, cluster, part, arguments.name)

    async def confirm(peer: str, digest: bytes) -> bool:
        say(f"{peer} asks to join; its fingerprint 请求加入，其指纹\n    {certificates.readable(digest)}")
        return await asked("The same on its screen? 与对方屏幕一致？", yes=arguments.yes)

    guests = Invitation(code, fingerprint, admission.admit, confirm)
    context = wire.inviting_context(places.certificate, places.key)
    address = cluster.own.address
    server = await asyncio.start_server(guests.serve, address, wire.JOIN_PORT, ssl=context, limit=wire.LINE_BYTES)
    async with server:
        word = "witness" if part is Part.WITNESS else "join"
        say(f"on the new machine 在新机器上运行:  hcc cluster {word} {address} {code}")
        say(f"code 邀请码 {code}   valid 有效 {arguments.minutes:g} min")
        say(f"fingerprint of this box 本机指纹\n    {certificates.readable(fingerprint)}")
        try:
            async with asyncio.timeout(arguments.minutes * 60):
                granted = await guests.done
        except TimeoutError as error:
            raise InvitationOverError from error
    await _let_in(places, cluster)
    return granted


async def _let_in(places: Places, cluster: Cluster) -> None:
    """Promote the learner as soon as it is in step; later the timer would."""
    deadline = machine.Deadline(PROMOTE_SECONDS)
    async with EtcdClient(access(places, cluster, as_root=True)) as etcd:
        administration = Administration(etcd)
        while not deadline.over:
            try:
                await administration.promote_learners()
                if not any(member.is_learner for member in await etcd.members()):
                    return
            except NotInStepError, EtcdUnavailableError:
                pass
            await asyncio.sleep(0.2)


def join(arguments: argparse.Namespace, places: Places) -> int:
    """Join as the second box, with the code shown on the first."""
    return _join(arguments, places, Part.BOX)


def witness(arguments: argparse.Namespace, places: Places) -> int:
    """Join as the witness: etcd only, no telephony."""
    return _join(arguments, places, Part.WITNESS)


def _join(arguments: argparse.Namespace, places: Places, part: Part) -> int:
    wish = joining.Wish(arguments.inviting, arguments.code, part, arguments.name, arguments.direct)

    async def confirm(theirs: bytes, ours: bytes) -> bool:
        say(f"fingerprint of {wish.address} 对方指纹\n    {certificates.readable(theirs)}")
        say(f"fingerprint of this machine 本机指纹\n    {certificates.readable(ours)}")
        return await asked("The first the same on the other screen? 对方指纹与其屏幕一致？", yes=arguments.yes)

    cluster = asyncio.run(joining.join(places, wish, confirm))
    say(f"{cluster.me} is a member of {cluster.name} 已加入集群")
    return 0


# -- looking ---------------------------------------------------------------------------------------


def show_status(_arguments: argparse.Namespace, places: Places) -> int:
    """Members, their health, their certificates; 1 when something is wrong."""
    cluster = present_cluster(places)
    seats = asyncio.run(status.seats(places, cluster))
    say(f"cluster {cluster.name}, this is {cluster.me}, service address {cluster.service.v4}\n")
    rows = [("MEMBER", "PART", "ADDRESS", "ETCD", "HEALTH", "LEADS", "CERTIFICATE UNTIL")]
    rows += [
        (
            seat.member.name,
            seat.member.part.value,
            seat.member.address,
            seat.role,
            seat.health,
            "yes" if seat.leads else "",
            f"{seat.certificate_ends:%F}" if seat.certificate_ends else "?",
        )
        for seat in seats
    ]
    table(rows)
    files = files_report()
    for line in (*status.agent_lines(asyncio.run(ask_report()), files), *status.files_lines(files)):
        say(line)
    healthy = sum(seat.healthy for seat in seats)
    say(f"\n{healthy} of {len(seats)} members healthy 成员正常")
    return 0 if healthy == len(seats) else 1


# -- the command line ------------------------------------------------------------------------------


def add_commands(top: argparse.ArgumentParser) -> None:
    groups = top.add_subparsers(required=True, metavar="COMMAND")
    one = add_command(groups, "init", init)
    one.add_argument("--service-address", required=True, help="what telephones, browsers and the carrier will know")
    one.add_argument("--service-address-v6")
    one.add_argument("--name", help="of this box; box1")
    one.add_argument("--cluster", default="hcc", help="name of the cluster")
    one.add_argument("--address", help="of this box on the hospital's network")
    one.add_argument("--direct", help="of this box on the link between the two boxes")
    one.add_argument("--interface", help="that carries the service address")
    one.add_argument("--gateway", help="that a healthy uplink reaches")
    one.add_argument("--move-data", action="store_true", help="a box in use: SQLite's data go to PostgreSQL before")
    one = add_command(groups, "invite", invite)
    one.add_argument("--witness", action="store_true", help="invite the witness instead of the second box")
    one.add_argument("--name", help="of the new member")
    one.add_argument("--minutes", type=float, default=invitation.DEFAULT_MINUTES)
    one.add_argument("--yes", action="store_true", help="do not ask for the fingerprint")
    for name, command in (("join", join), ("witness", witness)):
        one = add_command(groups, name, command)
        one.add_argument("inviting", metavar="ADDRESS", help="of the first box")
        one.add_argument("code", metavar="CODE", help="the 8 digits shown there")
        one.add_argument("--name")
        one.add_argument("--direct", help="own address on the link between the two boxes")
        one.add_argument("--yes", action="store_true", help="do not ask for the fingerprint")
    add_command(groups, "status", show_status)
    steering_commands.add_commands(functools.partial(add_command, groups))


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; 78 (EX_CONFIG) when cluster.toml is not usable."""
    top = argparse.ArgumentParser(prog="hcc cluster", description="two boxes and a witness 双机与见证机")
    add_commands(top)
    arguments = top.parse_args(words)
    command: Command = arguments.command
    try:
        if os.geteuid():
            raise NotRootError
        return command(arguments, Places())
    except config.ConfigError as error:
        sys.stderr.write(f"hcc: {error}\n")
        return 78
    except EtcdUnavailableError as error:
        return _failed(NoQuorumError(str(error)))
    except EtcdError as error:
        return _failed(CommandError(f"etcd: {error}"))
    except ClusterError as error:
        return _failed(error)


def _failed(error: ClusterError) -> int:
    sys.stderr.write("hcc: " + "\n     ".join(error.lines()) + "\n")
    return 1
