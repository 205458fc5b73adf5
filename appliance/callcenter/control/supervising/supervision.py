"""Shift managers in live talks: listening, whispering, barging in, taking over.

A manager's own telephone rings first. While she listens or whispers it stands in a small bridge with a *snoop channel*
on the agent's channel: what she says reaches either nobody or the agent, whatever happens in the talk. To barge in,
her telephone moves into the talk's bridge; to take over, the agent then leaves it. All of it is lost when call control
is killed: channels and bridge carry the names of orphans and are removed at the next start, the talk is not touched.
"""

import logging
from functools import partial

from appliance import clock
from appliance.callcenter.calls.model import Call, Direction, Leg, Phase, Purpose, Segment
from appliance.callcenter.control import auditing, identity
from appliance.callcenter.control.actor import Actor
from appliance.callcenter.control.entering.outbound import AUTO_ANSWER
from appliance.callcenter.control.floor import Change, Floor
from appliance.callcenter.control.lifecycle import hang_up_leg, release_agent, set_phase, when_stored
from appliance.callcenter.control.talking import consults, talks
from appliance.callcenter.supervision.model import WEB_PHONE, Mode, State, Supervision
from appliance.db import new_id
from appliance.pbx import web_phone
from appliance.pbx.ari_model import Channel

log = logging.getLogger(__name__)

PICK_UP_SECONDS = 20
IN_TALK = frozenset({Phase.TALKING, Phase.HOLDING})
WHISPERS = {Mode.LISTEN: "none", Mode.WHISPER: "out"}
"""Direction of the agent's channel into which the manager speaks: `out` is towards the agent (ARI `snoop`)."""


def target_of(call: Call) -> Leg | None:
    """The agent's leg of a talk, or None while nobody can be listened to."""
    if call.phase not in IN_TALK or call.answered_at is None:
        return None
    return next((leg for leg in (call.partner, call.customer) if leg is not None and leg.agent is not None), None)


def may_take_over(call: Call) -> bool:
    """Whether the agent is the one whom an outside caller or called party talks with."""
    leg = call.partner
    return call.direction is not Direction.INTERNAL and leg is not None and leg.agent is not None


def begin(floor: Floor, actor: Actor, call: Call, leg: Leg, *, mode: Mode, phone: str, reason: str) -> Supervision:
    """Ring the manager's telephone; what she wants happens when she has picked up."""
    assert leg.agent is not None
    now = clock.now_ms()
    made = Supervision(new_id(), actor, call.id, leg.agent, leg.channel, phone, _new_channel(call), mode, now, reason)
    floor.office.supervisions[made.id] = made
    floor.office.channels[made.leg] = made.id
    floor.touch(call)
    agent = floor.directory.agents.get(leg.agent)
    caller_id = f"<{agent.number if agent is not None else ''}>"
    endpoint = web_phone.manager_endpoint(actor.user_id) if phone == WEB_PHONE else phone
    variables = {"PJSIP_HEADER(add,X-HCC-Call)": made.id, **AUTO_ANSWER}

    async def originate() -> None:
        await floor.ari.originate(
            made.leg, f"PJSIP/{endpoint}", f"supervise,{made.id}", caller_id, PICK_UP_SECONDS, variables
        )

    def refused(error: Exception) -> None:
        log.info("call %s: the manager's telephone %s cannot be rung: %s", call.id, endpoint, error)
        end(floor, made, "phone")

    floor.do(call, originate, refused)
    _tell(floor, made)
    return made


def _new_channel(call: Call) -> str:
    """Named like a leg of the call, so that it is known as ours, and as an orphan, after a restart."""
    call.legs_made += 1
    return f"{call.id}-{call.legs_made}"


def entered(floor: Floor, channel: Channel, kind: str, key: str) -> None:
    """A manager's telephone was answered, or a snoop channel is ready."""
    known = floor.office.supervisions.get(key)
    call = floor.calls.get(known.call) if known is not None else None
    if known is None or call is None or channel.id not in {known.leg, known.snoop}:
        floor.commands.add("orphans", partial(floor.ari.hang_up, channel.id))
    elif kind == "snoop":
        floor.do(call, partial(floor.ari.add_to_bridge, known.bridge, channel.id))
    elif known.state is State.RINGING:
        _picked_up(floor, call, known, channel)


def _picked_up(floor: Floor, call: Call, known: Supervision, channel: Channel) -> None:
    known.state, known.since, known.channel_name = State.UP, clock.now_ms(), channel.name
    floor.do(call, partial(floor.ari.create_bridge, known.bridge, always_mix=True))
    if known.mode is Mode.TAKE_OVER:
        take_over(floor, call, known)
        return
    _set(floor, call, known)
    _tell(floor, known)


def change(floor: Floor, call: Call, known: Supervision, mode: Mode) -> None:
    """Go over to `mode`; before the manager has picked up it is what she will find."""
    if mode is known.mode:
        return
    if known.state is State.RINGING:
        known.mode = mode
    elif mode is Mode.TAKE_OVER:
        take_over(floor, call, known)
        return
    else:
        _end_snoop(floor, known)
        known.mode = mode
        _set(floor, call, known)
    _tell(floor, known)


def _set(floor: Floor, call: Call, known: Supervision) -> None:
    """Put the manager's telephone where its mode wants it."""
    if known.mode is Mode.BARGE:
        floor.do(call, partial(floor.ari.add_to_bridge, call.bridge, known.leg))
        return
    known.snoop = _new_channel(call)
    floor.touch(call)
    floor.office.channels[known.snoop] = known.id
    floor.do(call, partial(floor.ari.add_to_bridge, known.bridge, known.leg))

    def refused(error: Exception) -> None:
        log.info("call %s: nothing to listen to: %s", call.id, error)
        end(floor, known, "failed")

    snoop = partial(floor.ari.snoop, known.target, known.snoop, WHISPERS[known.mode], f"snoop,{known.id}")
    floor.do(call, snoop, refused)


def _end_snoop(floor: Floor, known: Supervision) -> None:
    if known.snoop:
        floor.office.channels.pop(known.snoop, None)
        floor.commands.add(known.call, partial(floor.ari.hang_up, known.snoop))
        known.snoop = ""


def take_over(floor: Floor, call: Call, known: Supervision) -> None:
    """The manager stays with the caller, the agent goes to her form. The recording, of the caller's leg, runs on."""
    old = call.partner
    if old is None or call.customer is None or old.channel != known.target:
        end(floor, known, "ended")
        return
    now = clock.now_ms()
    if call.consult is not None:
        consults.cancel(floor, call)
    elif call.phase is Phase.HOLDING:
        talks.hold(floor, call, on=False)
    _forget(floor, known)
    _end_snoop(floor, known)
    when_stored(floor, call)
    _mix_anew(floor, call, call.customer, known)
    party = known.phone if known.phone != WEB_PHONE else known.actor.shown_name
    call.close_segment(now, "taken-over")
    call.partner = Leg(known.leg, Purpose.DIRECT, party, name=known.channel_name, up=True, started_at=now)
    talks.partner_leaves(floor, call)
    floor.index(call, call.partner)
    set_phase(floor, call, Phase.TALKING, Segment("talk", now, party=party))
    hang_up_leg(floor, call, old)
    release_agent(floor, call, known.agent)
    identity.note(floor, call)
    _tell_gone(floor, known, "taken_over")


def _mix_anew(floor: Floor, call: Call, customer: Leg, known: Supervision) -> None:
    """All who stay move to the manager, into a bridge that always mixes (see `create_bridge` for why)."""
    stay = [customer.channel, *(leg.channel for leg in call.members if leg.up)]
    old, call.bridge, call.mixed = call.bridge, known.bridge, True
    floor.do(call, partial(floor.ari.add_to_bridge, call.bridge, *stay, known.leg))
    floor.do(call, partial(floor.ari.destroy_bridge, old))


def end(floor: Floor, known: Supervision, reason: str) -> None:
    """Leave the talk alone: the manager's telephone, the snoop channel and their bridge go."""
    if floor.office.supervisions.get(known.id) is not known:
        return
    _forget(floor, known)
    _end_snoop(floor, known)
    floor.commands.add(known.call, partial(floor.ari.hang_up, known.leg))
    if known.state is State.UP:
        floor.commands.add(known.call, partial(floor.ari.destroy_bridge, known.bridge))
    _tell_gone(floor, known, reason)


def _forget(floor: Floor, known: Supervision) -> None:
    floor.office.supervisions.pop(known.id, None)
    floor.office.channels.pop(known.leg, None)


def gone(floor: Floor, channel: str) -> bool:
    """A channel has ended; whether it was a manager's telephone."""
    known = floor.office.supervisions.get(floor.office.channels.get(channel, ""))
    if known is None:
        return False
    end(floor, known, "hung_up" if known.state is State.UP else "no_answer")
    return True


def follow(floor: Floor, calls: set[str]) -> None:
    """These calls changed: a manager stays only as long as the agent she came for is in the talk."""
    for known in list(floor.office.supervisions.values()):
        if known.call in calls:
            call = floor.calls.get(known.call)
            leg = target_of(call) if call is not None else None
            if leg is None or leg.channel != known.target:
                end(floor, known, "ended")


def drop_all(floor: Floor) -> None:
    """The link to Asterisk is new: managers' channels are hung up as orphans."""
    for known in list(floor.office.supervisions.values()):
        _forget(floor, known)
        _tell_gone(floor, known, "failed")


# -- telling ---------------------------------------------------------------------------------------


def document(known: Supervision) -> Change:
    return {
        "id": known.id,
        "call": known.call,
        "agent": known.agent,
        "user": known.actor.user_id,
        "name": known.actor.shown_name,
        "phone": known.phone,
        "mode": known.mode.value,
        "state": known.state.value,
        "since": known.since,
        "reason": known.reason,
    }


def _tell(floor: Floor, known: Supervision) -> None:
    floor.touch_agent(known.agent)
    floor.publish({"supervision": document(known)}, [])


def _tell_gone(floor: Floor, known: Supervision, reason: str) -> None:
    floor.touch_agent(known.agent)
    floor.publish({"supervision_gone": known.id, "why": reason, "user": known.actor.user_id}, [])
    seconds = round((clock.now_ms() - known.since) / 1000) if known.state is State.UP else 0
    auditing.note(floor, known.actor, "supervise-end", "call", known.call, f"{seconds} s; {reason}")


def seen_by_agent(floor: Floor, agent: int) -> Change | None:
    """What the agent is told of a manager in her talk: always when she is spoken to, else as the setting says."""
    shown = floor.directory.settings.agent_sees_supervision
    for known in floor.office.supervisions.values():
        if known.agent == agent and known.state is State.UP and (shown or known.mode is not Mode.LISTEN):
            return {"mode": known.mode.value, "name": known.actor.shown_name}
    return None
