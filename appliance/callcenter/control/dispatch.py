"""What an event from Asterisk means, and whom in call control it concerns. Nothing here waits."""

import logging
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from appliance.callcenter.calls.model import Call, Direction, Leg, Outcome, Phase, Purpose
from appliance.callcenter.control import legs, phones
from appliance.callcenter.control.carrying import carrying
from appliance.callcenter.control.entering import admission, callers, direct, flows, outbound, routing, screening
from appliance.callcenter.control.entering.feature_codes import FeatureCodes
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import finish
from appliance.callcenter.control.mending.differences import OUR_LEG
from appliance.callcenter.control.rooms import room_desk, rooms
from appliance.callcenter.control.supervising import supervision
from appliance.callcenter.control.talking import ratings, remote, talks
from appliance.callcenter.control.waiting import callback_keys, callbacks, keys, offers, queueing, sticky
from appliance.pbx.ari_model import Channel, Event

log = logging.getLogger(__name__)

CAUSE_NORMAL = 16
ENDED_BY_HAND = frozenset({0, CAUSE_NORMAL})
"""Q.850 causes of a partner who hung up; with any other her phone vanished (44: no more sound from it)."""


class Dispatch:
    """Goes from a channel to its call and leg, and from there to the module that deals with such."""

    def __init__(self, floor: Floor, codes: FeatureCodes) -> None:
        self.floor = floor
        self._codes = codes

    def handle(self, event: Event) -> None:
        try:
            self._dispatch(event)
        except Exception:
            log.exception("event %s", event.type)

    def _dispatch(self, event: Event) -> None:
        match event.type:
            case "StasisStart" if event.channel is not None:
                self._entered(event.channel, event.args)
            case "StasisEnd" if event.channel is not None and not OUR_LEG.fullmatch(event.channel.id):
                self.gone(event.channel.id, CAUSE_NORMAL)
            case "ChannelDestroyed" if event.channel is not None:
                self.gone(event.channel.id, event.cause)
            case "ChannelDtmfReceived" if event.channel is not None:
                self._digit(event.channel.id, event.digit)
            case "PlaybackFinished" if event.playback is not None:
                self._played(event.playback.id)
            case "Dial" if event.peer is not None and (call := self.floor.call_of(event.peer.id)) is not None:
                outbound.progress(self.floor, call, event)
            case _:
                self._dispatch_rare(event)

    def _dispatch_rare(self, event: Event) -> None:
        match event.type:
            case "DeviceStateChanged" if event.device_state is not None:
                phones.changed(self.floor, event.device_state)
            case "ChannelTalkingStarted" | "ChannelTalkingFinished" if event.channel is not None:
                rooms.talking(self.floor, event.channel.id, on=event.type == "ChannelTalkingStarted")

    def take_in(self, channel: Channel) -> None:
        """A caller whose arrival was not told."""
        self._entered(channel, channel.dialplan.app_data.split(",")[1:])

    def _entered(self, channel: Channel, arguments: list[str]) -> None:
        """A channel is under our control: a new call, or a leg of ours that was answered."""
        call = self.floor.call_of(channel.id)
        if call is not None:
            leg = next((leg for leg in call.legs() if leg.channel == channel.id), None)
            if leg is not None:
                leg.name = channel.name
                if call.carrying is not None:
                    carrying.leg_up(self.floor, call, leg)
                else:
                    self._leg_up(call, leg)
        else:
            self._called(channel, arguments)

    def _called(self, channel: Channel, arguments: list[str]) -> None:
        """Somebody calls: from outside, or from a desk phone."""
        match arguments:
            case ["trunk", endpoint, called]:
                arrived = routing.from_trunk(self.floor, channel, endpoint, called)
                if not screening.stopped(self.floor, arrived):
                    admission.admit(self.floor, arrived)
            case ["extension", extension, dialled] if self._codes.dialled(channel, extension, dialled):
                """A code, not a number."""
            case ["extension", extension, dialled]:
                call = routing.from_extension(self.floor, channel, extension, dialled)
                if call.direction is Direction.OUTBOUND:
                    self.look_up(call)
            case ["supervise" | "snoop" as kind, key]:
                supervision.entered(self.floor, channel, kind, key)
            case _:
                log.warning("channel %s came with %s: hung up", channel.name, arguments)
                self.floor.commands.add("orphans", partial(self.floor.ari.hang_up, channel.id))

    def look_up(self, call: Call) -> None:
        self.floor.commands.add(admission.lookup_of(call), partial(self._find_patients, call))

    async def _find_patients(self, call: Call) -> None:
        """Who is at the outside end, onto the screens as soon as it is known."""
        try:
            days = sticky.days_back(self.floor, call)
            call.patients, call.contacts = await self.floor.journal.transact(
                lambda connection: (
                    callers.by_number(connection, call.remote),
                    sticky.contacts(connection, call.remote, days),
                )
            )
        except (SQLAlchemyError, OSError) as error:
            log.warning("call %s: patient not looked up: %r", call.id, error)
        if len(call.patients) == 1:
            call.patient_id = call.patients[0].id
        if call.id in self.floor.calls:
            self.floor.touch(call)

    def _leg_up(self, call: Call, leg: Leg) -> None:
        """A leg of ours is under our control: answered, but for an outside customer's, of which a Dial event tells."""
        if leg.up or callback_keys.leg_up(self.floor, call, leg):
            return
        if remote.must_press(leg):
            remote.ask(self.floor, call, leg)
            return
        match leg.purpose:
            case Purpose.OFFER:
                offers.answered(self.floor, call, leg)
            case Purpose.DIRECT:
                direct.answered(self.floor, call, leg)
            case Purpose.INVITED:
                room_desk.picked_up(self.floor, call, leg)
            case Purpose.DIALLER:
                outbound.dialler_up(self.floor, call, leg)
            case Purpose.CONSULT | Purpose.MEMBER:
                legs.up(self.floor, call, leg)

    def gone(self, channel: str, cause: int) -> None:
        call = self.floor.call_of(channel)
        if supervision.gone(self.floor, channel) or call is None:
            return
        if call.carrying is not None:
            carrying.gone(self.floor, call, channel)
        elif call.room is not None and call.partner is None:
            rooms.gone(self.floor, call, cause)
        elif call.customer is not None and call.customer.channel == channel:
            self._customer_gone(call, call.customer, cause)
        elif legs.gone(self.floor, call, channel, cause):
            return
        elif call.partner is not None and call.partner.channel == channel:
            self._partner_gone(call, call.partner, cause)

    def _customer_gone(self, call: Call, customer: Leg, cause: int) -> None:
        if call.callback and call.partner is None and not customer.up:
            callbacks.patient_gone(self.floor, call, cause)
        elif call.direction is Direction.OUTBOUND and not customer.up:
            outbound.not_reached(self.floor, call, customer, cause)
        else:
            talks.ended_by_customer(self.floor, call)

    def _partner_gone(self, call: Call, leg: Leg, cause: int) -> None:
        queue = self.floor.directory.queues.get(call.queue or 0)
        if call.phase in {Phase.TALKING, Phase.HOLDING} and cause not in ENDED_BY_HAND and queue is not None:
            talks.partner_lost(self.floor, call)
            queueing.enter(self.floor, call, queue, direct.RETURN_PRIORITY)
        elif call.phase in {Phase.TALKING, Phase.HOLDING}:
            talks.ended_by_partner(self.floor, call)
        elif leg.purpose is Purpose.OFFER:
            offers.ring_ended(self.floor, call, leg, offers.ring_cause(cause))
        elif leg.purpose is Purpose.DIRECT:
            direct.leg_ended(self.floor, call, leg, direct.outcome_of(cause))
        else:
            finish(self.floor, call, Outcome.NO_ANSWER if call.customer else Outcome.FAILED, "agent")

    def _digit(self, channel: str, digit: str) -> None:
        call = self.floor.call_of(channel)
        if call is None:
            return
        if call.room is not None:
            rooms.digit(self.floor, call, digit)
            return
        if call.customer is not None and call.customer.channel == channel:
            heard = callback_keys.digit(self.floor, call, digit) or self._codes.digit(call, digit)
            if not heard:
                keys.digit(self.floor, call, digit)
            return
        asked = next((leg for leg in call.legs() if leg.channel == channel and remote.must_press(leg)), None)
        if asked is not None and remote.pressed(self.floor, call, asked, digit):
            self._leg_up(call, asked)

    def _played(self, playback: str) -> None:
        call = self.floor.calls.get(playback.partition("-")[0])
        if call is None or self.floor.playbacks.get(call.id) != playback:
            return
        del self.floor.playbacks[call.id]
        if call.phase is Phase.RATING:
            ratings.played(self.floor, call)
        elif call.outcome is not None:
            finish(self.floor, call, call.outcome, "system")
        elif call.id in self.floor.flows_in_use:
            flows.play_finished(self.floor, call)
        elif call.dialogue is not None:
            callback_keys.said(self.floor, call)
        elif call.room is not None:
            rooms.played(self.floor, call)
        else:
            queueing.announcement_finished(self.floor, call)
