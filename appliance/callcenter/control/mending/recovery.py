"""Making the stored picture and what the PBX really has agree: at start, and after every (re)connection."""

import logging

from appliance import clock
from appliance.callcenter.acd.events import OfferResumed, PhoneRings, TalkEnded
from appliance.callcenter.acd.model import OCCUPIED
from appliance.callcenter.calls.model import Call, Direction, Leg, Outcome, Phase, Purpose, Segment
from appliance.callcenter.control import legs
from appliance.callcenter.control.carrying import carrying
from appliance.callcenter.control.entering import admission, direct, flows
from appliance.callcenter.control.entering.targets import Target
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import cut as cut_off
from appliance.callcenter.control.lifecycle import finish, hang_up_leg, set_phase, was_elsewhere
from appliance.callcenter.control.mending.differences import OUR_BRIDGE, OUR_LEG
from appliance.callcenter.control.rooms import rooms
from appliance.callcenter.control.talking import ratings, talks, young_talks
from appliance.callcenter.control.waiting import callbacks, music, offers, queueing
from appliance.pbx.ari_model import Bridge, Channel

log = logging.getLogger(__name__)


async def reconcile(floor: Floor) -> list[Channel]:
    """Adopt calls that live, end those that do not, hang up what nobody knows.

    Returns channels that reached our application while nobody listened, or so shortly before the end that it was not
    stored: new calls, who came first first.
    """
    channels = {channel.id: channel for channel in await floor.ari.channels()}
    bridges = {bridge.id: bridge for bridge in await floor.ari.bridges()}
    pbx_since = await floor.ari.started_at()
    young_talks.adopt(floor, channels, bridges)
    stored = {leg.channel for call in floor.calls.values() for leg in call.legs()}
    _adopt_all(floor, channels, bridges, pbx_since)
    for agent in list(floor.acd.agents.values()):
        if agent.state in OCCUPIED and agent.call not in floor.calls:
            floor.distribute(TalkEnded(clock.now_ms(), agent.id, agent.call, 0))
    ours = stored | floor.channels.keys()  # also those whose call was ended just now
    strangers = [channel for channel in channels.values() if channel.id not in ours]
    arrived = [channel for channel in strangers if not OUR_LEG.fullmatch(channel.id)]
    used = {call.bridge for call in floor.calls.values()}
    for channel in strangers:
        if OUR_LEG.fullmatch(channel.id):
            log.info("hanging up orphan channel %s", channel.name)
            floor.commands.add("orphans", lambda key=channel.id: floor.ari.hang_up(key))  # type: ignore[misc]
    for bridge in bridges:
        if OUR_BRIDGE.fullmatch(bridge) and bridge not in used:
            floor.commands.add("orphans", lambda key=bridge: floor.ari.destroy_bridge(key))  # type: ignore[misc]
    waiting = [channel for channel in arrived if channel.dialplan.app_name == "Stasis"]
    return sorted(waiting, key=lambda channel: channel.creationtime)


def _adopt_all(floor: Floor, channels: dict[str, Channel], bridges: dict[str, Bridge], pbx_since: clock.Millis) -> None:
    for call in list(floor.calls.values()):
        if call.room is not None:
            rooms.adopt(floor, call, channels)
        else:
            _adopt(floor, call, channels, bridges, pbx_since)
    rooms.settle(floor, bridges)


def _adopt(
    floor: Floor, call: Call, channels: dict[str, Channel], bridges: dict[str, Bridge], pbx_since: clock.Millis
) -> None:
    """Go on with `call` as far as its channels still exist."""
    for leg in call.legs():
        floor.index(call, leg)
    customer = call.customer is not None and call.customer.channel in channels
    partner = call.partner is not None and call.partner.channel in channels
    if call.phase is Phase.RATING:
        ratings.adopt(floor, call, customer=customer)
    elif call.carrying is not None:
        carrying.adopt(floor, call, channels)
    elif not customer and not partner:
        _adopt_lost(floor, call, pbx_is_new=pbx_since > call.started_at or was_elsewhere(floor, call))
    elif call.phase in {Phase.TALKING, Phase.HOLDING}:
        _adopt_talk(floor, call, channels, bridges.get(call.bridge))
    elif not customer or call.customer is None or (call.callback and not call.customer.up):
        _ended_meanwhile(floor, call, cut=bool(call.callback) or pbx_since > call.started_at)
    else:
        _adopt_unanswered(floor, call, channels)


def _adopt_lost(floor: Floor, call: Call, *, pbx_is_new: bool) -> None:
    """Both channels are gone. With their Asterisk: the telephones are asked to go on, if they can."""
    if pbx_is_new and carrying.begin(floor, call):
        return
    dialling = call.callback and call.answered_at is None
    _ended_meanwhile(floor, call, cut=bool(dialling) or pbx_is_new)


def _adopt_unanswered(floor: Floor, call: Call, channels: dict[str, Channel]) -> None:
    """The customer is on the line and talks with nobody yet."""
    if call.callback or call.dialogue is not None:
        callbacks.adopted(floor, call)
        _adopt_waiting(floor, call, channels)
    elif call.direction is Direction.INBOUND and call.phase is Phase.FLOW and not call.run and not call.outcome:
        log.info("call %s was not on its way yet", call.id)
        admission.admit(floor, call)
    elif call.phase is Phase.FLOW:
        flows.resume(floor, call)
    elif _queued(call):
        _adopt_waiting(floor, call, channels)
    elif call.direction is Direction.INBOUND:
        _adopt_ringing(floor, call)
    else:
        finish(floor, call, Outcome.CUT, "system")


def _ended_meanwhile(floor: Floor, call: Call, *, cut: bool) -> None:
    """Its channels are gone: with Asterisk itself (`cut`), or because people hung up while nobody listened."""
    if cut:
        cut_off(floor, call, Outcome.CUT if call.answered_at or not call.outcome else call.outcome)
    elif call.direction is Direction.OUTBOUND and call.answered_at is None:
        finish(floor, call, Outcome.NO_ANSWER, "")
    else:  # of two who talked nobody saw who hung up first
        talks.ended_by_customer(floor, call, by="" if call.answered_at is not None else "caller")


def _queued(call: Call) -> bool:
    """Whether the caller waits in a queue, or an agent is rung for her from there."""
    offered = call.partner is not None and call.partner.purpose is Purpose.OFFER
    return call.queue is not None and (call.answered_at is None or call.phase is Phase.WAITING or offered)


def _adopt_talk(floor: Floor, call: Call, channels: dict[str, Channel], bridge: Bridge | None) -> None:
    """Both there: the talk goes on untouched. One gone: it hung up meanwhile."""
    if call.customer is None or call.customer.channel not in channels:
        talks.ended_by_customer(floor, call)
    elif call.consult is not None or call.members:
        legs.adopt(floor, call, channels, bridge)
    elif call.partner is None or call.partner.channel not in channels:
        talks.ended_by_partner(floor, call)
    else:
        log.info("call %s goes on", call.id)
        floor.touch(call)
        if call.phase is Phase.TALKING:
            young_talks.make_good(floor, call, bridge)
        else:
            legs.bring_together(floor, call, bridge)


def _let_go(floor: Floor, call: Call) -> Leg | None:
    """End legs that rang: they will be made anew."""
    leg = call.partner
    rung = [one for one in (leg, *call.rivals) if one is not None]
    call.partner, call.rivals = None, []
    for one in rung:
        hang_up_leg(floor, call, one)
        if one.agent is not None:
            floor.distribute(TalkEnded(clock.now_ms(), one.agent, call.id, 0))
    return leg


def _adopt_waiting(floor: Floor, call: Call, channels: dict[str, Channel]) -> None:
    """A caller in a queue: back to the old place. The phone that rings for her rings on."""
    if _rings_on(floor, call, channels):
        return
    _let_go(floor, call)
    queue = floor.directory.queues.get(call.queue or 0)
    if queue is None:
        direct.failed(floor, call, Outcome.FAILED)
        return
    if call.phase is Phase.RINGING:
        set_phase(floor, call, Phase.WAITING, Segment("wait", clock.now_ms(), queue=queue.id))
    music.replaced(call.customer)
    music.start(floor, call, call.customer)
    floor.distribute(queueing.queued_again(call))


def _rings_on(floor: Floor, call: Call, channels: dict[str, Channel]) -> bool:
    """Whether a phone, or several, still ring for the caller; those that do not any more are let go."""
    ringing: list[Leg] = []
    gone: list[Leg] = []
    for leg in offers.offers_of(call):
        known = channels.get(leg.channel)
        (ringing if known is not None and known.state != "Up" else gone).append(leg)
    if not ringing or call.queue is None:
        return False
    for leg in gone:
        _let_go_of(floor, call, leg)
    now, queued = clock.now_ms(), queueing.queued_again(call)
    for leg in ringing:
        agent = leg.agent or 0
        floor.distribute(OfferResumed(now, queued, agent))
        if agent in floor.acd.offers.get(call.id, ()):
            floor.distribute(PhoneRings(leg.started_at or now, call.id, agent))
        else:
            _let_go_of(floor, call, leg)
    if call.partner is None:
        return False
    talks.prepare_bridge(floor, call)
    floor.touch(call)
    return True


def _let_go_of(floor: Floor, call: Call, leg: Leg) -> None:
    offers.forget(call, leg)
    hang_up_leg(floor, call, leg)
    if leg.agent is not None:
        floor.distribute(TalkEnded(clock.now_ms(), leg.agent, call.id, 0))


def _adopt_ringing(floor: Floor, call: Call) -> None:
    """One extension or outside number rang for the caller: ring it again, or go back where the caller came from."""
    leg = _let_go(floor, call)
    if leg is not None and leg.party in floor.directory.extensions:
        direct.ring_extension(floor, call, leg.party)
    elif leg is not None and leg.agent in floor.directory.agents:
        direct.ring_target(floor, call, Target("agent", leg.party, agent=leg.agent))
    else:
        direct.failed(floor, call, Outcome.FAILED)
