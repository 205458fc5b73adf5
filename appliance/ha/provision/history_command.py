"""`hcc cluster history`: who led when, and how long each change took. From the agents' own memory: any box can tell."""

import argparse
import asyncio
from datetime import datetime

from appliance.ha import wording
from appliance.ha.agent.asking import ask_report
from appliance.ha.agent.status import Passage
from appliance.ha.provision.console import present_cluster, say, table
from appliance.ha.provision.places import Places

HEADER = ("EPOCH", "TIME", "BOX", "CAUSE", "NOBODY LED", "SERVED AFTER")


def history(arguments: argparse.Namespace, places: Places) -> int:
    """Fail-overs with their causes; with an epoch: that one's time line. 1 when nothing is known."""
    present_cluster(places)
    report = asyncio.run(ask_report())
    found = report.history if report is not None else ()
    if arguments.epoch is not None:
        found = tuple(one for one in found if one.epoch == arguments.epoch)
    if not found:
        say("nothing is known 没有记录")
        return 1
    if arguments.epoch is None:
        table([HEADER, *(_row(one) for one in found)])
        return 0
    for line in time_line(found[0]):
        say(line)
    return 0


def time_line(one: Passage) -> list[str]:
    """What was entered when, in ms after the campaign."""
    cause = wording.CAUSES[one.cause]
    lines = [f"{one.node}: {cause.en} {cause.zh}"]
    if one.gone_ms is not None:
        lines.append(f"{-one.gone_ms:>8} ms  nobody led 无主机")
    lines.append(f"{0:>8} ms  campaign 申请租约")
    for moment in one.stages:
        state = wording.STATES[moment.state]
        lines.append(f"{moment.after_ms:>8} ms  {state.en} {state.zh}  {moment.step.lower()}".rstrip())
    return lines


def _row(one: Passage) -> tuple[str, ...]:
    cause = wording.CAUSES[one.cause]
    return (
        str(one.epoch),
        f"{datetime.fromtimestamp(one.wall_ms / 1000).astimezone():%F %T}",
        one.node,
        f"{cause.en} {cause.zh}",
        _ms(one.gone_ms),
        _ms(one.active_after_ms),
    )


def _ms(milliseconds: int | None) -> str:
    return "" if milliseconds is None else f"{milliseconds} ms"
