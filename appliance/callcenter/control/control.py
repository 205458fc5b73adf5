"""Call control as a part of its program: the link to Asterisk, the configuration, and what people ask for."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import aiohttp
from sqlalchemy.exc import SQLAlchemyError

from appliance import clock
from appliance.callcenter.acd.events import Configured
from appliance.callcenter.acd.model import Agent
from appliance.callcenter.calls.model import Call, Direction, Leg, Outcome, Phase, Purpose
from appliance.callcenter.control import counts, directory, legs, phones
from appliance.callcenter.control.entering import callers, direct, flows, limits, outbound, routing, screening
from appliance.callcenter.control.entering.feature_codes import FeatureCodes
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import finish
from appliance.callcenter.control.mending import recovery, repairs
from appliance.callcenter.control.mending.differences import OUR_LEG
from appliance.callcenter.control.mending.reconciler import LOOK_SECONDS, Reconciler
from appliance.callcenter.control.pbx_plan import PbxPlanner
from appliance.callcenter.control.rooms import room_desk, rooms
from appliance.callcenter.control.showing.view import Screens
from appliance.callcenter.control.supervising import office, supervision
from appliance.callcenter.control.talking import ratings, remote, talks
from appliance.callcenter.control.waiting import callback_keys, callbacks, keys, offers, pauses, queueing, sticky
from appliance.callcenter.live import journal
from appliance.callcenter.settings import store as settings_store
from appliance.db import Sessions
from appliance.pbx.ami import RecorderError
from appliance.pbx.ari import AriError, Channel, Event

log = logging.getLogger(__name__)

RECONNECT_SECONDS = 0.3
REVISION_SECONDS = 1.0
LOOKUP_SECONDS = 0.5
EVENTS_AT_ONCE = 10_000

CAUSE_NORMAL = 16
ENDED_BY_HAND = frozenset({0, CAUSE_NORMAL})
"""Q.850 causes of a partner who hung up; with any other her phone vanished (44: no more sound from it)."""


class CallControl:
    """One per node. Everything it knows is on the `floor`; handlers below never wait."""

    name = "call control"

    def __init__(
        self, floor: Floor, sessions: Sessions, planner: PbxPlanner, secret_file: Path, codes: FeatureCodes
    ) -> None:
        self.floor = floor
        self._codes = codes
        self._sessions = sessions
        self._planner = planner
        self._secret_file = secret_file
        self._reconciler = Reconciler(floor, self._take_in, self._gone)
        callback_keys.attach(floor)
        floor.look_up = self._look_up
        floor.view = Screens()
        room_desk.wire(floor)
        floor.agent_changed = self._agent_changed
        floor.office.apply_members = self._apply_members
        floor.calls_changed = partial(supervision.follow, floor)

    # -- life ----------------------------------------------------------------------------------

    async def open(self) -> None:
        """Read the configuration and the stored live state. Raises when the database does not answer."""
        await self._configure()
        async with self._sessions() as session:
            await limits.load(session, self.floor)
            await rooms.load(session, self.floor)
            self.floor.repairs = await repairs.load(session, self.floor.directory.zone, clock.now_ms())
            await repairs.forget_old(session, clock.now_ms())
            await session.commit()
            await pauses.load(session, self.floor)
            await office.load(session, self.floor)
        await callbacks.load(self.floor)
        calls, agents = await journal.load(self._sessions)
        self.floor.calls = {call.id: call for call in calls}
        known = {agent.id: agent for agent in agents if agent.id in self.floor.directory.agents}
        self.floor.pages.expect(known, clock.now_ms())
        self.floor.acd = replace(self.floor.acd, agents={**self.floor.acd.agents, **known})
        self._apply_members()
        async with self._sessions() as session:
            await counts.load(session, self.floor)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._stay_connected(), name="ari")
            group.create_task(self._watch_configuration(), name="configuration")
            group.create_task(callbacks.watch(self.floor), name="callbacks")

    async def close(self) -> None:
        self.floor.drop_timers()
        await self.floor.commands.close()
        await self.floor.ari.close()
        await self.floor.recorder.close()

    async def _stay_connected(self) -> None:
        complained = False
        while True:
            try:
                await self._serve()
                complained = False
            except (OSError, aiohttp.ClientError, AriError, RecorderError) as error:
                if not complained:
                    log.warning("no connection to Asterisk: %s", error)
                complained = True
            self._set_pbx(up=False)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _serve(self) -> None:
        """One connection, from hello to its loss."""
        secret = self._secret_file.read_text(encoding="utf-8").strip()
        ari = self.floor.ari
        await ari.connect(secret)
        events: asyncio.Queue[Event | None] = asyncio.Queue(EVENTS_AT_ONCE)
        tasks = [asyncio.create_task(_read(ari.events(), events), name="ari events")]
        try:
            await ari.filter_events()
            await self.floor.recorder.connect(secret)
            self._set_pbx(up=True)
            supervision.drop_all(self.floor)
            arrived = await recovery.reconcile(self.floor)
            for channel in arrived:
                self._take_in(channel)
            self.floor.commands.add("phones", partial(phones.equip_all, self.floor))
            log.info("connected to Asterisk: %d calls go on, %d are new", len(self.floor.calls), len(arrived))
            tasks.append(asyncio.create_task(self._look(events.empty), name="reconciler"))
            while (event := await events.get()) is not None:
                self._handle(event)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await ari.close()
        log.warning("connection to Asterisk lost")

    async def _look(self, settled: Callable[[], bool]) -> None:
        """Compare with what there is, every few seconds, while this connection lasts."""
        self._reconciler.begin()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._reconciler.look(settled)
            except AriError as error:
                log.info("not compared with Asterisk: %s", error)
            except Exception:
                log.exception("comparing with Asterisk")

    def _set_pbx(self, *, up: bool) -> None:
        if self.floor.pbx_up != up:
            self.floor.pbx_up = up
            self.floor.publish({"configuration": self.floor.directory.revision, "pbx": up})

    # -- configuration -------------------------------------------------------------------------

    async def _watch_configuration(self) -> None:
        while True:
            await asyncio.sleep(REVISION_SECONDS)
            try:
                async with self._sessions() as session:
                    revision = await settings_store.revision(session)
                if revision != self.floor.directory.revision:
                    await self._configure()
                    self._apply_members()
                    self.floor.publish({"configuration": revision})
            except (SQLAlchemyError, OSError) as error:
                log.warning("configuration not read: %s", error)

    async def _configure(self) -> None:
        async with self._sessions() as session:
            self.floor.directory = await directory.load(session)
            changed = await self._planner.write(session)
        if changed and self.floor.ari.connected:
            self.floor.commands.add("phones", partial(self._planner.reload, self.floor.ari))
            self.floor.commands.add("phones", partial(phones.equip_all, self.floor))

    def _apply_members(self) -> None:
        known = self.floor.directory
        queues = {key: queue.rules for key, queue in known.queues.items()}
        members = {key: office.queues_of(self.floor, agent) for key, agent in known.agents.items()}
        skills = {key: agent.skills for key, agent in known.agents.items()}
        self.floor.distribute(Configured(clock.now_ms(), queues, members, skills))

    def _agent_changed(self, old: Agent, new: Agent) -> None:
        pauses.agent_changed(self.floor, old, new)
        office.agent_changed(self.floor, old, new)

    # -- events --------------------------------------------------------------------------------

    def _handle(self, event: Event) -> None:
        try:
            self._dispatch(event)
        except Exception:
            log.exception("event %s", event.type)

    def _dispatch(self, event: Event) -> None:
        match event.type:
            case "StasisStart" if event.channel is not None:
                self._entered(event.channel, event.args)
            case "StasisEnd" if event.channel is not None and not OUR_LEG.fullmatch(event.channel.id):
                self._gone(event.channel.id, CAUSE_NORMAL)
            case "ChannelDestroyed" if event.channel is not None:
                self._gone(event.channel.id, event.cause)
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
            case "ContactStatusChange" | "PeerStatusChange" if event.endpoint is not None:
                self._phone_changed(event.endpoint.resource)
            case "ChannelTalkingStarted" | "ChannelTalkingFinished" if event.channel is not None:
                rooms.talking(self.floor, event.channel.id, on=event.type == "ChannelTalkingStarted")

    def _take_in(self, channel: Channel) -> None:
        """A caller whose arrival was not told."""
        self._entered(channel, channel.dialplan.app_data.split(",")[1:])

    def _entered(self, channel: Channel, arguments: list[str]) -> None:
        """A channel is under our control: a new call, or a leg of ours that was answered."""
        call = self.floor.call_of(channel.id)
        if call is not None:
            leg = next((leg for leg in call.legs() if leg.channel == channel.id), None)
            if leg is not None:
                leg.name = channel.name
                self._leg_up(call, leg)
        else:
            self._called(channel, arguments)

    def _called(self, channel: Channel, arguments: list[str]) -> None:
        """Somebody calls: from outside, or from a desk phone."""
        match arguments:
            case ["trunk", endpoint, called]:
                arrived = routing.from_trunk(self.floor, channel, endpoint, called)
                if not screening.stopped(self.floor, arrived):
                    self.floor.do(arrived, partial(self._admit, arrived))
            case ["extension", extension, dialled] if self._codes.dialled(channel, extension, dialled):
                """A code, not a number."""
            case ["extension", extension, dialled]:
                call = routing.from_extension(self.floor, channel, extension, dialled)
                if call.direction is Direction.OUTBOUND:
                    self._look_up(call)
            case ["supervise" | "snoop" as kind, key]:
                supervision.entered(self.floor, channel, kind, key)
            case _:
                log.warning("channel %s came with %s: hung up", channel.name, arguments)
                self.floor.commands.add("orphans", partial(self.floor.ari.hang_up, channel.id))

    async def _admit(self, call: Call) -> None:
        """Find out who is calling, then route it. A slow database never holds the call: the answer comes later then."""
        self._look_up(call)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOKUP_SECONDS):
                await self.floor.commands.drain(_lookup_of(call))
        if call.phase is not Phase.ENDED:
            routing.route_inbound(self.floor, call)

    def _look_up(self, call: Call) -> None:
        self.floor.commands.add(_lookup_of(call), partial(self._find_patients, call))

    async def _find_patients(self, call: Call) -> None:
        """Who is at the outside end, onto the screens as soon as it is known."""
        try:
            async with self._sessions() as session:
                call.patients = await callers.by_number(session, call.remote)
                call.contacts = await sticky.contacts(session, self.floor, call)
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

    def _gone(self, channel: str, cause: int) -> None:
        call = self.floor.call_of(channel)
        if supervision.gone(self.floor, channel) or call is None:
            return
        if call.room is not None and call.partner is None:
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

    def _phone_changed(self, endpoint: str) -> None:
        for agent in phones.agents_at(self.floor, endpoint):
            self.floor.commands.add("phones", partial(phones.refresh, self.floor, agent))


def _lookup_of(call: Call) -> str:
    """The line of commands in which the patients of `call` are looked up, beside its own."""
    return f"{call.id} patients"


async def _read(source: AsyncIterator[Event], events: asyncio.Queue[Event | None]) -> None:
    try:
        async for event in source:
            await events.put(event)
    finally:
        await events.put(None)
