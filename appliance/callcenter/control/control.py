"""Call control as a part of its program: the link to Asterisk and the configuration."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import aiohttp
from sqlalchemy.exc import SQLAlchemyError

from appliance import clock
from appliance.callcenter.acd.events import Configured
from appliance.callcenter.acd.model import Agent
from appliance.callcenter.control import counts, directory, phones
from appliance.callcenter.control.carrying import goodbye, presence
from appliance.callcenter.control.dispatch import Dispatch
from appliance.callcenter.control.entering import limits
from appliance.callcenter.control.entering.feature_codes import FeatureCodes
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.mending import recovery, repairs
from appliance.callcenter.control.mending.reconciler import LOOK_SECONDS, Reconciler
from appliance.callcenter.control.pbx_plan import PbxPlanner
from appliance.callcenter.control.rooms import room_calls, room_desk, rooms
from appliance.callcenter.control.showing import waits
from appliance.callcenter.control.showing.view import Screens
from appliance.callcenter.control.supervising import office, supervision
from appliance.callcenter.control.waiting import callback_debts, callback_keys, callbacks, cut_talks, pauses
from appliance.callcenter.live import journal
from appliance.callcenter.settings import store as settings_store
from appliance.db import Sessions
from appliance.pbx.ari import AriError, AriUnavailableError
from appliance.pbx.ari_model import Event

log = logging.getLogger(__name__)

RECONNECT_SECONDS = 0.3
STARTING_SECONDS = 15.0
"""Asterisk starts beside us."""
REVISION_SECONDS = 1.0
EVENTS_AT_ONCE = 10_000
"""More than that while recovery compares: begin anew."""


class CallControl:
    """One per node. Everything it knows is on the `floor`; what comes from Asterisk goes to `dispatch`."""

    name = "call control"

    def __init__(
        self, floor: Floor, sessions: Sessions, planner: PbxPlanner, secret_file: Path, codes: FeatureCodes
    ) -> None:
        self.floor = floor
        self._dispatch = Dispatch(floor, codes)
        self._sessions = sessions
        self._planner = planner
        self._secret_file = secret_file
        self._reconciler = Reconciler(floor, self._dispatch.take_in, self._dispatch.gone)
        callback_keys.attach(floor)
        floor.look_up = self._dispatch.look_up
        floor.view = Screens()
        room_desk.wire(floor)
        floor.agent_changed = self._agent_changed
        floor.office.apply_members = self._apply_members
        floor.calls_changed = partial(supervision.follow, floor)
        callback_debts.attach(floor)

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
            await cut_talks.load(session, self.floor)
            await office.load(session, self.floor)
            await presence.load(session, self.floor)
        await callbacks.load(self.floor)
        calls, agents = await journal.load(self._sessions)
        self.floor.from_other_box = await journal.of_other_boxes(self._sessions, self.floor.node)
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
            group.create_task(room_calls.watch(self.floor), name="room calls")
            group.create_task(waits.watch(self.floor), name="waits")
            group.create_task(presence.watch(self.floor), name="presence")

    async def close(self) -> None:
        self.floor.drop_timers()
        await self.floor.commands.close()
        await self.floor.ari.close()

    async def _stay_connected(self) -> None:
        complained, patient_until = False, time.monotonic() + STARTING_SECONDS
        while True:
            try:
                await self._serve()
                complained, patient_until = False, 0.0
            except (OSError, aiohttp.ClientError, AriError) as error:
                if not complained and time.monotonic() > patient_until:
                    log.warning("no connection to Asterisk: %s", error)
                    complained = True
            self._set_pbx(up=False)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _serve(self) -> None:
        """One connection, from hello to its loss."""
        secret = self._secret_file.read_text(encoding="utf-8").strip()
        ari = self.floor.ari
        await ari.connect(secret)
        arriving = Arriving(self._dispatch.handle)
        reading = asyncio.create_task(arriving.read(ari.events()), name="ari events")
        tasks = [reading]
        try:
            await ari.filter_events()
            self._set_pbx(up=True)
            supervision.drop_all(self.floor)
            arrived = await recovery.reconcile(self.floor)
            for channel in arrived:
                self._dispatch.take_in(channel)
            self.floor.commands.add("phones", partial(phones.equip_all, self.floor))
            log.info("connected to Asterisk: %d calls go on, %d are new", len(self.floor.calls), len(arrived))
            arriving.begin()
            tasks.append(asyncio.create_task(self._look(), name="reconciler"))
            await reading
        finally:
            if self.floor.hands_over:
                arriving.hold_back()
                await goodbye.say(self.floor)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await ari.close()
        log.warning("connection to Asterisk lost")

    async def _look(self) -> None:
        """Compare with what there is, every few seconds, while this connection lasts."""
        self._reconciler.begin()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._reconciler.look()
            except AriError as error:
                log.info("not compared with Asterisk: %s", error)
            except Exception:
                log.exception("comparing with Asterisk")

    def _set_pbx(self, *, up: bool) -> None:
        if self.floor.pbx_up != up:
            self.floor.pbx_up = up
            if not up:
                self.floor.seen_at = clock.now_ms()
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


class Arriving:
    """Events of one connection: held back until `begin`, handled as they are read from then on."""

    def __init__(self, handle: Callable[[Event], None]) -> None:
        self._handle = handle
        self._held: list[Event] | None = []

    async def read(self, source: AsyncIterator[Event]) -> None:
        """Until the connection is lost. Raises AriUnavailableError when too many are held back."""
        async for event in source:
            if self._held is None:
                self._handle(event)
            elif len(self._held) < EVENTS_AT_ONCE:
                self._held.append(event)
            else:
                raise AriUnavailableError("more events than can be held back")

    def hold_back(self) -> None:
        """Until `begin`: what is done now is not for us to answer."""
        self._held = []

    def begin(self) -> None:
        held, self._held = self._held or [], None
        for event in held:
            self._handle(event)
