"""Agents who work without a page: a code dialled on the desk phone does what a button does; the answer is spoken."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from appliance import clock
from appliance.callcenter.acd.events import SignedIn, SignedOut
from appliance.callcenter.acd.model import OCCUPIED, AgentState
from appliance.callcenter.calls.model import Call, Direction, Leg, Outcome, Phase, Purpose, Segment
from appliance.callcenter.control import phones
from appliance.callcenter.control.actor import Actor
from appliance.callcenter.control.endpoints import agent_at
from appliance.callcenter.control.entering import codes
from appliance.callcenter.control.entering.codes import Code, Keyed
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import answer, begin, finish, set_phase
from appliance.callcenter.control.speech import say
from appliance.callcenter.people.pins import LONGEST, Pins
from appliance.callcenter.people.tables import AuditRow
from appliance.db import new_id
from appliance.errors import UserError
from appliance.pbx.ari import AriError
from appliance.pbx.ari_model import Channel

log = logging.getLogger(__name__)

type Perform = Callable[[Actor, str, dict[str, Any]], Awaitable[dict[str, Any]]]

KEY_SECONDS = 10
TRIES = 3
END_OF_NUMBER = "#"
CHANNEL = "telephone"

STATES = {
    AgentState.SIGNED_OUT: "not-signed-in",
    AgentState.READY: "ready",
    AgentState.WRAP_UP: "wrap-up",
}
"""What is said of a state; every other one is said as busy."""

DONE = {Code.SIGN_OUT: "signed-out", Code.READY: "ready", Code.BUSY: "busy", Code.WRAP_UP: "saved"}


@dataclass
class Dialogue:
    """One call to a code that asks for digits. They stay here: no log, no journal, no record sees them."""

    extension: str
    number: str = ""
    digits: list[str] = field(default_factory=list)
    tries: int = 0


class FeatureCodes:
    """`perform` carries out a verb, the same as for the agent's page."""

    def __init__(self, floor: Floor, pins: Pins, perform: Perform) -> None:
        self._floor = floor
        self._pins = pins
        self._perform = perform
        self._dialogues: dict[str, Dialogue] = {}

    def dialled(self, channel: Channel, extension: str, number: str) -> bool:
        """Take the call when `number` is a code, or could only be meant as one."""
        if not codes.looks_like_code(number):
            return False
        keyed = codes.read(number, self._floor.directory.settings)
        call = self._begin(channel, extension, keyed)
        if keyed is None:
            log.info("call %s: extension %s dialled an unknown code", call.id, extension)
            self._end(call, "invalid")
        elif keyed.code is Code.SIGN_IN:
            self._sign_in(call, extension, keyed.rest)
        else:
            self._for_agent(call, extension, keyed)
        return True

    def _begin(self, channel: Channel, extension: str, keyed: Keyed | None) -> Call:
        """What follows the code is not kept with the call."""
        floor = self._floor
        called = getattr(floor.directory.settings, f"code_{keyed.code.value}") if keyed is not None else "*"
        call = begin(floor, Direction.INTERNAL, caller=extension, called=called)
        call.customer = Leg(channel.id, Purpose.CUSTOMER, extension, name=channel.name, started_at=call.started_at)
        floor.index(call, call.customer)
        set_phase(floor, call, Phase.FLOW, Segment("ivr", call.started_at))
        answer(floor, call)
        return call

    # -- with the agent known ------------------------------------------------------------------

    def _for_agent(self, call: Call, extension: str, keyed: Keyed) -> None:
        agent = agent_at(self._floor, extension)
        state = self._floor.agent(agent).state if agent is not None else AgentState.SIGNED_OUT
        if agent is None or state is AgentState.SIGNED_OUT:
            self._end(call, "not-signed-in")
        elif keyed.code is Code.STATE:
            self._end(call, STATES.get(state, "busy"))
        elif keyed.code is Code.READY:
            self._ready(call, agent)
        else:
            self._floor.do(call, partial(self._carry_out, call, agent, keyed))

    def _ready(self, call: Call, agent: int) -> None:
        """She is ready when she has hung up: until then her telephone is in use."""
        if self._floor.agent(agent).wrap_up_call:
            self._end(call, "wrap-up")
            return
        self._floor.when_over[call.id] = lambda: self._floor.commands.add(
            f"agent {agent}", partial(self._quietly, agent, "ready")
        )
        self._end(call, "ready")

    async def _quietly(self, agent: int, verb: str) -> None:
        try:
            await self._perform(self._actor(agent), verb, {})
        except UserError as error:
            log.info("agent %s: %s by telephone: %s", agent, verb, error)

    async def _carry_out(self, call: Call, agent: int, keyed: Keyed) -> None:
        arguments = self._arguments(keyed)
        if arguments is None:
            self._end(call, "invalid")
            return
        try:
            await self._perform(self._actor(agent), keyed.code.value, arguments)
        except UserError as error:
            log.info("agent %s: %s by telephone: %s", agent, keyed.code.value, error)
            self._end(call, "refused")
        else:
            self._end(call, DONE[keyed.code])

    def _arguments(self, keyed: Keyed) -> dict[str, Any] | None:
        """What the verb wants; None when the digit stands for nothing."""
        match keyed.code:
            case Code.BUSY:
                reasons = [reason for reason in self._floor.directory.pause_reasons.values() if reason.active]
                reasons.sort(key=lambda reason: (reason.position, reason.id))
                cause = codes.nth(tuple(reason.code for reason in reasons), keyed.rest)
                return {"cause": cause} if cause else None
            case Code.WRAP_UP:
                outcome = codes.nth(codes.OUTCOMES, keyed.rest)
                return {"business_type": codes.BUSINESS_TYPE, "outcome": outcome} if outcome else None
            case _:
                return {}

    def _actor(self, agent: int) -> Actor:
        entry = self._floor.directory.agents[agent]
        place = self._floor.agent(agent).extension or entry.extension
        return Actor(entry.user_id, entry.number, "agent", agent, place, CHANNEL)

    # -- signing in ----------------------------------------------------------------------------

    def _sign_in(self, call: Call, extension: str, number: str) -> None:
        owner = self._floor.directory.agents_by_extension.get(extension)
        if owner is not None and not number:
            self._floor.do(call, partial(self._signed_in, call, owner, extension))
            return
        self._dialogues[call.id] = Dialogue(extension, number)
        self._floor.when_over[call.id] = partial(self._forget, call.id)
        self._ask(call)

    def _ask(self, call: Call) -> None:
        dialogue = self._dialogues[call.id]
        dialogue.digits.clear()
        say(self._floor, call, ["system:code-enter-pin" if dialogue.number else "system:code-enter-agent"])
        self._wait(call)

    def _wait(self, call: Call) -> None:
        self._floor.set_timer("code", call.id, clock.now_ms() + KEY_SECONDS * 1000, partial(self._entered, call))

    def digit(self, call: Call, key: str) -> bool:
        """A key of somebody who signs in; False when this call asks for none."""
        dialogue = self._dialogues.get(call.id)
        if dialogue is None:
            return False
        if key == END_OF_NUMBER or len(dialogue.digits) >= max(LONGEST, 16):
            self._entered(call)
        elif key.isdigit():
            dialogue.digits.append(key)
            self._wait(call)
        return True

    def _entered(self, call: Call) -> None:
        dialogue = self._dialogues.get(call.id)
        if dialogue is None:
            return
        keyed = "".join(dialogue.digits)
        dialogue.digits.clear()
        self._floor.stop_timer("code", call.id)
        if not dialogue.number and keyed:
            dialogue.number = keyed
            self._ask(call)
        else:
            self._floor.do(call, partial(self._check, call, dialogue, keyed))

    async def _check(self, call: Call, dialogue: Dialogue, pin: str) -> None:
        agent = await self._pins.verify(dialogue.number, pin) if pin else None
        if agent is not None and agent in self._floor.directory.agents:
            await self._signed_in(call, agent, dialogue.extension)
            return
        dialogue.tries += 1
        if pin:
            self._note("sign-in-failed", dialogue.number[:16], None, dialogue.extension)
        if dialogue.tries >= TRIES or not pin:
            self._end(call, "wrong")
        elif call.id in self._dialogues:
            self._ask(call)

    async def _signed_in(self, call: Call, agent: int, extension: str) -> None:
        floor, now = self._floor, clock.now_ms()
        if floor.agent(agent).state in OCCUPIED or not self._vacate(agent, extension):
            self._end(call, "refused")
            return
        own = floor.directory.agents[agent].extension
        place = "" if own == extension else extension
        floor.distribute(SignedIn(now, agent, "sip", True, new_id(), place))
        self._note("sign-in", floor.directory.agents[agent].number, agent, extension)
        try:
            await phones.equip(floor, floor.agent(agent))
        except AriError as error:
            log.warning("phone of agent %s: %s", agent, error)
        self._end(call, "signed-in")

    def _vacate(self, agent: int, extension: str) -> bool:
        """Whoever still is signed in there is signed out; False when she has a call."""
        there = agent_at(self._floor, extension)
        if there is None or there == agent or self._floor.agent(there).phone != "sip":
            return True
        if self._floor.agent(there).state in OCCUPIED:
            return False
        self._floor.distribute(SignedOut(clock.now_ms(), there, "phone_taken"))
        return True

    def _note(self, action: str, number: str, agent: int | None, extension: str) -> None:
        entry = self._floor.directory.agents[agent] if agent is not None else None
        self._floor.journal.add(
            AuditRow,
            {
                "at": clock.now_ms(),
                "user_id": entry.user_id if entry is not None else None,
                "login": number,
                "address": f"{CHANNEL} {extension}",
                "action": action,
                "subject_kind": "agent",
                "subject_id": str(agent or ""),
                "detail": "",
            },
        )

    def _forget(self, key: str) -> None:
        self._dialogues.pop(key, None)
        self._floor.stop_timer("code", key)

    def _end(self, call: Call, spoken: str) -> None:
        """Say it, then hang up."""
        self._dialogues.pop(call.id, None)
        if call.id not in self._floor.calls:
            return
        call.outcome = Outcome.SELF_SERVICE
        if not say(self._floor, call, [f"system:code-{spoken}"]):
            finish(self._floor, call, Outcome.SELF_SERVICE, "system")
