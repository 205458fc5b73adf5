"""How soon the caller is on the agent's screen: after her INVITE has left, and before the phone rings."""

import asyncio
import statistics

from bench import calls
from bench.calls import Load
from bench.ours import OurBox
from bench.sniffer import Invite, Sniffer
from tests.box import Bridge
from tests.desk_client import DeskClient
from tests.sip.network import Host

POPS = Load(5, 100)


def _first_shown(desks: list[DeskClient]) -> dict[str, float]:
    """Call id → when the first of the desks showed it as ringing."""
    shown: dict[str, float] = {}
    for desk in desks:
        for seen in desk.seen:
            call = (seen.body.get("change") or {}).get("call")
            if call and call["phase"] == "ringing":
                shown[call["id"]] = min(shown.get(call["id"], seen.at), seen.at)
    return shown


def _row(name: str, values: list[float]) -> str:
    ordered = sorted(values)
    late = ordered[min(len(ordered) - 1, round(len(ordered) * 0.95))]
    return f"  {name:32} p50 {statistics.median(ordered):7.1f} ms   p95 {late:7.1f} ms   n {len(ordered)}"


async def measure_pops(box: OurBox, bridge: Bridge, callers: Host, number: str, desks: list[DeskClient]) -> None:
    """Calls straight into the queue; 20 desktops are open, others' agents take the rest."""
    for desk in desks:
        desk.seen.clear()
    with Sniffer(bridge.name) as sniffer:
        await calls.place(callers, box.plan.box, number, POPS)
        await asyncio.sleep(1)
    rings = {invite.call: invite for invite in sniffer.invites if invite.call}
    arrivals: dict[str, list[Invite]] = {}
    for invite in sniffer.invites:
        if not invite.call:
            arrivals.setdefault(invite.caller, []).append(invite)
    after_invite, before_ring = [], []
    for call, at in _first_shown(desks).items():
        ring = rings.get(call)
        if ring is None:
            continue
        before_ring.append((ring.at - at) * 1000)
        came = [invite.at for invite in arrivals.get(ring.caller, []) if invite.at <= at]
        if came:
            after_invite.append((at - max(came)) * 1000)
    print("\nscreen pop (the socket's message as the browser receives it)")
    if after_invite:
        print(_row("after the caller's INVITE", after_invite))
        print(_row("before the phone's INVITE", before_ring))
        print(f"  shown before the phone rang: {sum(value > 0 for value in before_ring)} of {len(before_ring)}")
