"""Where our picture of the calls and what Asterisk really has differ: one pure comparison.

A difference counts only when two looks in a row find the same one, and never while something is queued for its call:
an event or an answer on its way is no fault.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from appliance.callcenter.acd.model import CAUSE_PHONE
from appliance.clock import Millis

OUR_LEG = re.compile(r"[0-9a-z]{16}-\d+")
"""Channels that call control makes are named after their call."""
OUR_BRIDGE = re.compile(r"[0-9a-z]{16}-b")

PHONE_RETRY_MS = 30_000
"""A telephone that was found unusable when it was rung is believed only so much later to be there again."""


class Kind(StrEnum):
    ORPHAN_CHANNEL = "orphan_channel"
    """A leg of a call that is over: hung up."""
    ORPHAN_BRIDGE = "orphan_bridge"
    """A bridge that no call uses: taken down."""
    LOST_ARRIVAL = "lost_arrival"
    """A caller nobody attends to: taken in as a new call."""
    LOST_HANG_UP = "lost_hang_up"
    """A leg that does not exist any more: the call goes on as if it had hung up now."""
    EMPTY_CALL = "empty_call"
    """A call without legs: ended as cut."""
    STUCK_AGENT = "stuck_agent"
    """An agent in a call that does not exist: freed."""
    PHONE = "phone"
    """A telephone that is registered and was shown as offline, or the other way round: shown as it is."""
    PAGE_GONE = "page_gone"
    """An agent's page went away for longer than a reload takes: shown, and after a while she gets no calls."""


@dataclass(frozen=True, slots=True)
class Difference:
    """`subject` is a channel, bridge, call or agent; `detail` makes a later, other trouble of it a new one."""

    kind: Kind
    subject: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class KnownCall:
    """`waits`: in a queue; such a call may do without legs."""

    channels: tuple[str, ...] = ()
    bridge: str = ""
    waits: bool = False


@dataclass(frozen=True, slots=True)
class KnownAgent:
    """An agent who is signed in. `endpoint` is empty where no registration can be looked at."""

    occupied: bool = False
    call: str = ""
    endpoint: str = ""
    phone_online: bool = False
    cause: str = ""
    since: Millis = 0


@dataclass(frozen=True, slots=True)
class Picture:
    """What we believe. `channels` are all that are indexed; `in_flight` are calls for which something is queued."""

    calls: Mapping[str, KnownCall] = field(default_factory=dict)
    agents: Mapping[int, KnownAgent] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    in_flight: frozenset[str] = frozenset()
    attended: frozenset[str] = frozenset()
    """Callers' channels that we knew at the last look: such a one is no new call when its own has ended."""


@dataclass(frozen=True, slots=True)
class Reality:
    """What Asterisk has. `channels` → whether it is a caller handed to us; `endpoints` None: not asked this time."""

    channels: Mapping[str, bool] = field(default_factory=dict)
    bridges: frozenset[str] = frozenset()
    endpoints: Mapping[str, bool] | None = None


def compare(picture: Picture, reality: Reality, now: Millis) -> frozenset[Difference]:
    """All differences of one look."""
    return frozenset(
        [
            *_strangers(picture, reality),
            *_bridges(picture, reality),
            *_calls(picture, reality),
            *_agents(picture, reality, now),
        ]
    )


def call_of(name: str) -> str:
    """The call a leg or bridge of ours is named after."""
    return name.partition("-")[0]


def _strangers(picture: Picture, reality: Reality) -> list[Difference]:
    found = []
    for channel, handed_over in reality.channels.items():
        if channel in picture.channels:
            continue
        if OUR_LEG.fullmatch(channel):
            if call_of(channel) not in picture.in_flight:
                found.append(Difference(Kind.ORPHAN_CHANNEL, channel))
        elif handed_over:
            kind = Kind.ORPHAN_CHANNEL if channel in picture.attended else Kind.LOST_ARRIVAL
            found.append(Difference(kind, channel))
    return found


def _bridges(picture: Picture, reality: Reality) -> list[Difference]:
    used = {call.bridge for call in picture.calls.values()}
    return [
        Difference(Kind.ORPHAN_BRIDGE, bridge)
        for bridge in reality.bridges - used
        if OUR_BRIDGE.fullmatch(bridge) and call_of(bridge) not in picture.in_flight
    ]


def _calls(picture: Picture, reality: Reality) -> list[Difference]:
    found = []
    for key, call in picture.calls.items():
        if key in picture.in_flight:
            continue
        gone = [channel for channel in call.channels if channel not in reality.channels]
        found += [Difference(Kind.LOST_HANG_UP, channel, key) for channel in gone]
        if not call.channels and not call.waits:
            found.append(Difference(Kind.EMPTY_CALL, key))
    return found


def _agents(picture: Picture, reality: Reality, now: Millis) -> list[Difference]:
    found = []
    for number, agent in picture.agents.items():
        if agent.occupied and agent.call not in picture.calls and agent.call not in picture.in_flight:
            found.append(Difference(Kind.STUCK_AGENT, str(number), agent.call))
        if reality.endpoints is None or not agent.endpoint:
            continue
        online = reality.endpoints.get(agent.endpoint, False)
        resting = online and agent.cause == CAUSE_PHONE and now - agent.since < PHONE_RETRY_MS
        if online != agent.phone_online and not resting:
            found.append(Difference(Kind.PHONE, str(number), "online" if online else "offline"))
    return found
