"""What the screens are shown: documents of agents, queues and calls, made from the floor."""

from collections.abc import Iterable
from typing import Any

import msgspec

from appliance import clock
from appliance.callcenter.acd import ordering
from appliance.callcenter.acd.model import Agent, AgentState
from appliance.callcenter.calls.model import Call, Phase
from appliance.callcenter.control import phones
from appliance.callcenter.control.actor import Actor
from appliance.callcenter.control.floor import Change, Counters, Floor, View
from appliance.callcenter.control.rooms import room_view
from appliance.callcenter.control.showing.view_parties import customer_document, help_document, parties
from appliance.callcenter.control.supervising import office, supervision
from appliance.callcenter.control.waiting import cut_talks, pauses, screen_pop
from appliance.callcenter.supervision import figures

SEES_ALL_CALLS = frozenset({"administrator", "manager"})
SUPERVISES = frozenset({"manager"})


def snapshot(floor: Floor, actor: Actor) -> Change:
    """Everything `actor` may see right now."""
    me = actor.agent_id
    known = me is not None and me in floor.directory.agents
    calls = [call for call in floor.calls.values() if actor.role in SEES_ALL_CALLS or _concerns(floor, call, me)]
    document: Change = {
        "me": me_document(floor, me) if known and me is not None else None,
        "agents": [agent_document(floor, agent) for agent in floor.directory.agents],
        "queues": [queue_document(floor, queue) for queue in floor.directory.queues],
        "calls": call_documents(floor, calls),
        "rooms": room_view.documents(floor),
        "revision": floor.directory.revision,
        "pause_reasons": pauses.documents(floor),
        "node": floor.node,
        "pbx": floor.pbx_up,
        "thresholds": msgspec.to_builtins(floor.office.thresholds),
        "repairs": floor.repairs.document() if actor.role in SEES_ALL_CALLS else None,
    }
    if actor.role in SUPERVISES:
        document |= office.documents(floor, actor.user_id)
    return document


def wall(floor: Floor) -> Change:
    """What a wallboard shows."""
    return figures.wall(
        [queue_document(floor, queue) for queue in floor.directory.queues],
        [floor.agent(agent).state.value for agent in floor.directory.agents],
        [call.phase.value for call in floor.calls.values()],
        floor.office.thresholds,
        clock.now_ms(),
    )


class Screens(View):
    """Documents for what changed; the member `to` names the agents a message concerns."""

    def of_calls(self, floor: Floor, calls: set[str], agents: set[int]) -> list[Change]:
        messages: list[Change] = []
        concerned = set(agents)
        for call in calls:
            before = floor.shown.get(call, frozenset())
            messages += _call_changes(floor, call)
            concerned |= before | floor.shown.get(call, frozenset())
        known = (agent for agent in concerned if agent in floor.directory.agents)
        return [*messages, *({"me": me_document(floor, agent), "to": [agent]} for agent in known)]

    def of_floor(self, floor: Floor, agents: set[int], queues: set[int]) -> list[Change]:
        known = floor.directory
        return [
            *({"agent": agent_document(floor, agent)} for agent in agents if agent in known.agents),
            *({"queue": queue_document(floor, queue)} for queue in queues if queue in known.queues),
            *_places(floor, queues),
        ]


def _call_changes(floor: Floor, key: str) -> list[Change]:
    before = floor.shown.pop(key, frozenset())
    call = floor.calls.get(key)
    if call is None:
        return [{"call_gone": key, "to": sorted(before)}]
    now = frozenset(agent.id for agent in floor.acd.agents.values() if agent.call == key)
    floor.shown[key] = now
    shown: Change = {"call": call_document(floor, call), "to": sorted(now)}
    if not before - now:
        return [shown]
    # In this order: a board, which sees both, must end up with the call.
    return [{"call_gone": key, "to": sorted(before - now)}, shown]


def _places(floor: Floor, queues: set[int]) -> list[Change]:
    """Callers in a queue that moved have a new place."""
    lines = (ordering.places(floor.acd, queue) for queue in queues)
    return [
        {"call": call_document(floor, floor.calls[key], place), "to": []}
        for line in lines
        for key, place in line.items()
        if key in floor.calls
    ]


def _concerns(floor: Floor, call: Call, agent: int | None) -> bool:
    return agent is not None and floor.agent(agent).call == call.id


def agent_document(floor: Floor, number: int) -> Change:
    entry = floor.directory.agents[number]
    agent = floor.agent(number)
    counts = floor.agent_counts.get(number, Counters())
    return {
        "id": number,
        "user_id": entry.user_id,
        "number": entry.number,
        "name": entry.name,
        "state": agent.state.value,
        "cause": agent.cause,
        "since": agent.since,
        "until": agent.until,
        "call": agent.call,
        "phone": agent.phone if agent.state is not AgentState.SIGNED_OUT else entry.phone,
        "extension": agent.extension or entry.extension,
        "phone_online": agent.phone_online,
        "page_online": floor.pages.online(number, clock.now_ms()),
        "queues": sorted(office.queues_of(floor, entry)),
        "lent": number in floor.office.moved,
        "version": agent.version,
        "answered": counts.answered,
        "talk_ms": counts.talk_ms,
        "next_cause": agent.next_cause,
        "limit_at": pauses.limit_at(floor, agent),
        "help": help_document(floor, number),
    }


def me_document(floor: Floor, number: int) -> Change:
    agent = floor.agent(number)
    call = floor.calls.get(agent.call)
    return {
        **agent_document(floor, number),
        "outside_number": agent.outside_number,
        "remote": floor.directory.agents[number].remote,
        "call_detail": call_document(floor, call) if call is not None else None,
        "wrap_up": _owed(agent),
        "sip": phones.account(floor, agent),
        "tab": floor.tabs.get(number, ""),
        "supervised": supervision.seen_by_agent(floor, number),
        "messages": office.unread(floor, number),
        "cut_talk": cut_talks.document(floor, number),
        "pop": screen_pop.document(floor, call, number),
    }


def _owed(agent: Agent) -> Change | None:
    if not agent.wrap_up_call:
        return None
    deadline = agent.until if agent.state is AgentState.WRAP_UP else None
    return {"call": agent.wrap_up_call, "deadline": deadline, "saved": False, "more": len(agent.owed_before)}


def queue_document(floor: Floor, number: int) -> Change:
    entry = floor.directory.queues[number]
    waiting = [waiting for waiting in floor.acd.waiting.values() if waiting.queue == number]
    members = [agent for agent in floor.acd.agents.values() if number in agent.queues]
    counts = floor.queue_counts.get(number, Counters())
    return {
        "id": number,
        "name": entry.name,
        "number": entry.number,
        "waiting": len(waiting),
        "longest_since": min((item.since for item in waiting), default=None),
        "ready": sum(agent.state is AgentState.READY for agent in members),
        "signed_in": sum(agent.state is not AgentState.SIGNED_OUT for agent in members),
        "answered_today": counts.answered,
        "abandoned_today": counts.abandoned,
        "in_level_today": counts.in_level,
        "callbacks": floor.callbacks.open_in[number],
        "callbacks_at": floor.callbacks.changes[number],
        "service_level_seconds": entry.service_level_seconds,
        "business_types": [*entry.business_types],
        "expected_wait_seconds": floor.estimates.queue_seconds(floor.acd, clock.now_ms(), number),
    }


def call_documents(floor: Floor, calls: Iterable[Call]) -> list[Change]:
    """Many at once."""
    places = ordering.all_places(floor.acd)
    return [call_document(floor, call, places.get(call.id)) for call in calls]


def _agent_of(call: Call) -> tuple[int | None, bool]:
    """The agent in it, and whether she is muted; the customer's end is an agent's when she called inside."""
    if call.partner is not None and call.partner.agent is not None:
        return call.partner.agent, call.muted
    customer = customer_document(call)
    return (customer["agent"], customer["muted"]) if customer is not None else (None, call.muted)


def call_document(floor: Floor, call: Call, place: int | None = None) -> Change:
    """`place` is how many are served before the caller, where that is known already."""
    if place is None and call.id in floor.acd.waiting:
        place = ordering.place(floor.acd, call.id)
    path = call.run.path if call.run is not None else ()
    agent, muted = _agent_of(call)
    document: dict[str, Any] = {
        "id": call.id,
        "direction": call.direction.value,
        "caller": call.caller,
        "called": call.called,
        "phase": call.phase.value,
        "since": call.since,
        "started": call.started_at,
        "queue": call.queue,
        "position": place + 1 if place is not None else None,
        "expected_wait_seconds": None
        if place is None
        else floor.estimates.call_seconds(floor.acd, clock.now_ms(), call.id),
        "waiting_since": call.queued_at or None,
        "agent": agent,
        "patient_id": call.patient_id,
        "patients": call.patients,
        "path": [[label, key] for _node, label, key in path],
        "trunk": call.trunk,
        "did_name": call.did_name,
        "vip": call.vip,
        "recording": bool(call.recordings) and call.phase in {Phase.TALKING, Phase.HOLDING},
        "muted": muted,
        **parties(floor, call),
        "callback": call.callback,
        "sticky": call.sticky,
        "owed": [[ticket.kind, ticket.since, ticket.calls] for ticket in floor.callbacks.of_number(call.remote)],
        "asking": call.dialogue.stage.value if call.dialogue is not None else "",
    }
    return document
