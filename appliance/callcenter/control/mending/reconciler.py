"""Every few seconds what we believe about calls, telephones and pages is compared with what there is."""

import logging
from collections.abc import Callable
from functools import partial

from appliance import clock
from appliance.callcenter.acd.events import BecameBusy, PhoneChanged, TalkEnded
from appliance.callcenter.acd.model import CAUSE_PAGE, OCCUPIED, Agent, AgentState
from appliance.callcenter.calls.model import Outcome
from appliance.callcenter.control.endpoints import endpoint_of
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import finish
from appliance.callcenter.control.mending.differences import (
    Difference,
    Kind,
    KnownAgent,
    KnownCall,
    Picture,
    Reality,
    compare,
)
from appliance.callcenter.live.tables import RepairRow
from appliance.pbx.ari_model import Channel

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
PHONES_EVERY = 6
"""Telephones tell of their changes by events; of so many looks only two in a row ask for them."""

AGAIN_EVERY = 12
"""What a repair did not put right is tried again at each twelfth look, without a word."""

REGISTERED = frozenset({"web", "sip"})
"""Kinds of telephone whose registration can be looked at."""

NEEDS_PAGE = frozenset({AgentState.READY, AgentState.NOT_ANSWERING})


class Reconciler:
    """`look` asks and compares; `arrived` takes in a caller, `gone` tells of a channel's end."""

    def __init__(self, floor: Floor, arrived: Callable[[Channel], None], gone: Callable[[str, int], None]) -> None:
        self._floor = floor
        self._arrived = arrived
        self._gone = gone
        self._suspected: frozenset[Difference] = frozenset()
        self._done: frozenset[Difference] = frozenset()
        self._attended: frozenset[str] = frozenset()
        self._looks = 0
        self._without_page: set[int] = set()

    def begin(self) -> None:
        """A new connection to the PBX: what was suspected before has been settled by recovery."""
        self._suspected = self._done = frozenset()

    async def look(self) -> None:
        """One comparison; what happened before its answers came has been handled by then. Raises AriError."""
        self._watch_pages()
        ari = self._floor.ari
        channels = {channel.id: channel for channel in await ari.channels()}
        bridges = frozenset(bridge.id for bridge in await ari.bridges())
        self._looks += 1
        endpoints = None
        if self._looks % PHONES_EVERY < 2:
            endpoints = {endpoint.resource: endpoint.state == "online" for endpoint in await ari.endpoints()}
        reality = Reality({key: _handed_over(channel) for key, channel in channels.items()}, bridges, endpoints)
        found = compare(picture(self._floor, self._attended), reality, clock.now_ms())
        self._attended = (self._attended | frozenset(self._floor.channels)) & frozenset(channels)
        persisting = found & self._suspected
        new, old = persisting - self._done, persisting & self._done
        self._suspected, self._done = found, persisting
        for difference in new:
            self._note(difference)
            self._repair(difference, channels)
        for difference in old if self._looks % AGAIN_EVERY == 0 else ():
            self._repair(difference, channels)

    def _repair(self, difference: Difference, channels: dict[str, Channel]) -> None:
        floor, subject = self._floor, difference.subject
        match difference.kind:
            case Kind.ORPHAN_CHANNEL:
                floor.commands.add("orphans", partial(floor.ari.hang_up, subject))
            case Kind.ORPHAN_BRIDGE:
                floor.commands.add("orphans", partial(floor.ari.destroy_bridge, subject))
            case Kind.LOST_ARRIVAL:
                self._arrived(channels[subject])
            case Kind.LOST_HANG_UP:
                self._gone(subject, 0)
            case Kind.EMPTY_CALL if subject in floor.calls:
                finish(floor, floor.calls[subject], Outcome.CUT, "system")
            case Kind.STUCK_AGENT:
                floor.distribute(TalkEnded(clock.now_ms(), int(subject), difference.detail, 0))
            case Kind.PHONE:
                floor.distribute(PhoneChanged(clock.now_ms(), int(subject), difference.detail == "online"))

    def _note(self, difference: Difference) -> None:
        """Count, show, store; in the log once for each trouble."""
        floor = self._floor
        level = logging.INFO if difference.kind is Kind.PAGE_GONE else logging.WARNING
        log.log(level, "repaired: %s %s %s", difference.kind.value, difference.subject, difference.detail)
        floor.journal.add(RepairRow, floor.repairs.add(difference, clock.now_ms(), floor.directory.zone))
        floor.publish({"repairs": floor.repairs.document()})

    # -- pages ---------------------------------------------------------------------------------

    def _watch_pages(self) -> None:
        """Show whose page is gone; who needs it for her telephone gets no calls after the time that was set."""
        floor, now = self._floor, clock.now_ms()
        signed_in = [agent for agent in floor.acd.agents.values() if agent.state is not AgentState.SIGNED_OUT]
        without = {agent.id for agent in signed_in if not floor.pages.online(agent.id, now)}
        for changed in without ^ self._without_page:
            floor.touch_agent(changed)
        for agent in signed_in:
            if agent.id in without:
                self._page_missing(agent, now)
        self._without_page = without

    def _page_missing(self, agent: Agent, now: clock.Millis) -> None:
        since = self._floor.pages.gone_since(agent.id, now) or 0
        if agent.id not in self._without_page and since and agent.phone == "web":
            self._note(Difference(Kind.PAGE_GONE, str(agent.id)))
        limit = self._floor.directory.settings.page_gone_minutes * 60_000
        if limit and agent.phone == "web" and agent.state in NEEDS_PAGE and now - since >= limit:
            self._floor.distribute(BecameBusy(now, agent.id, CAUSE_PAGE))


def picture(floor: Floor, attended: frozenset[str]) -> Picture:
    """The floor as the comparison wants it."""
    return Picture(
        calls={
            key: KnownCall(tuple(leg.channel for leg in call.legs()), call.bridge, key in floor.acd.waiting)
            for key, call in floor.calls.items()
        },
        agents={agent.id: _known(floor, agent) for agent in floor.acd.agents.values()},
        channels=floor.channels | floor.office.channels,
        in_flight=floor.commands.busy | frozenset(floor.office.supervisions),
        attended=attended,
    )


def _known(floor: Floor, agent: Agent) -> KnownAgent:
    watched = agent.phone in REGISTERED and agent.state is not AgentState.SIGNED_OUT
    return KnownAgent(
        occupied=agent.state in OCCUPIED,
        call=agent.call,
        endpoint=endpoint_of(floor, agent.id) if watched else "",
        phone_online=agent.phone_online,
        cause=agent.cause,
        since=agent.since,
    )


def _handed_over(channel: Channel) -> bool:
    """A caller whom the dialplan handed to us (see `hcc-enter` in extensions.conf)."""
    return channel.dialplan.app_name == "Stasis" and channel.dialplan.app_data.split(",")[1:2] in (
        ["trunk"],
        ["extension"],
    )
