"""From changes on the floor to events: what is different from what integrators were told last."""

from collections.abc import Callable
from typing import Any

from appliance.callcenter.acd.model import AgentState
from appliance.callcenter.calls.model import Call, Phase
from appliance.callcenter.control.floor import Change, Floor
from appliance.callcenter.integrations import documents
from appliance.callcenter.integrations.event_log import EventLog
from appliance.callcenter.integrations.model import Document, Event

type Key = tuple[Any, ...]

PHASES = {
    Phase.FLOW: "call.started",
    Phase.WAITING: "call.waiting",
    Phase.RINGING: "call.ringing",
    Phase.TALKING: "call.answered",
    Phase.HOLDING: "call.held",
}
CALL_CHANGES = ("phase", "position", "patient_id", "patients", "muted", "queue", "agent", "vip", "recording")
QUEUE_CHANGES = ("waiting", "ready", "signed_in")
AGENT_CHANGES = ("state", "cause", "call", "phone", "phone_online", "next_cause")


def _key(document: Document, names: tuple[str, ...]) -> Key:
    return tuple(document.get(name) for name in names)


class Watcher:
    """Compares and writes the log. `told` hears every event, before it is stored."""

    def __init__(self, floor: Floor, log: EventLog, told: Callable[[Event], None]) -> None:
        self._floor = floor
        self._log = log
        self._told = told
        self._agents: dict[str, Document] = {}
        self._queues: dict[str, Document] = {}
        self._calls: dict[str, Document] = {}
        self._live: dict[str, Call] = {}
        self._pbx: bool | None = None

    def resume(self, last: list[Event]) -> None:
        """Begin with what was told last before the program was restarted."""
        for event in last:
            kind, _, key = event.subject.partition(":")
            match kind:
                case "agent":
                    self._agents[key] = event.data["agent"]
                case "queue":
                    self._queues[key] = event.data["queue"]
                case "call":
                    self._calls[key] = event.data["call"]
                case "pbx":
                    self._pbx = event.data["pbx"]

    def lost_calls(self) -> list[str]:
        """Calls that were told of and do not live any more."""
        return [key for key in self._calls if key not in self._floor.calls]

    def compare_all(self) -> None:
        """Tell everything that is different now."""
        for agent in self._floor.directory.agents:
            self._agent(agent)
        for queue in self._floor.directory.queues:
            self._queue(queue)
        for shown in documents.call_documents(self._floor):
            self._call(shown)

    def see(self, change: Change) -> None:
        """One change that call control published."""
        match change:
            case {"me": {"id": int(agent)}}:
                self._agent(agent)
            case {"agent": {"id": int(agent)}}:
                self._agent(agent)
            case {"queue": {"id": int(queue)}}:
                self._queue(queue)
            case {"call": dict(shown)}:
                self._call(documents.public_call(self._floor, shown))
            case {"call_gone": str(key)} if key not in self._floor.calls:
                self.call_ended(key, {})
            case {"configuration": _, "pbx": bool(up)}:
                self._exchange(up=up)

    def _tell(
        self, kind: str, subject: str, data: Document, agents: tuple[str, ...] = (), queues: tuple[str, ...] = ()
    ) -> None:
        self._told(self._log.append(kind, subject, data, agents, queues))

    def _exchange(self, *, up: bool) -> None:
        if self._pbx is not up:
            self._pbx = up
            self._tell("pbx.changed", "pbx", {"pbx": up})

    def _agent(self, key: int) -> None:
        if key not in self._floor.directory.agents:
            return
        shown = documents.agent_document(self._floor, key)
        number = shown["number"]
        before = self._agents.get(number, {})
        if _key(before, AGENT_CHANGES) == _key(shown, AGENT_CHANGES):
            return
        self._agents[number] = shown
        if not before and shown["state"] == AgentState.SIGNED_OUT.value:
            return
        previous = before.get("state", AgentState.SIGNED_OUT.value)
        self._tell(
            "agent.state", f"agent:{number}", {"agent": shown, "previous": previous}, (number,), tuple(shown["queues"])
        )

    def _queue(self, key: int) -> None:
        if key not in self._floor.directory.queues:
            return
        shown = documents.queue_document(self._floor, key)
        number = shown["number"]
        before = self._queues.get(number, {})
        if _key(before, QUEUE_CHANGES) == _key(shown, QUEUE_CHANGES):
            return
        self._queues[number] = shown
        if before or any(_key(shown, QUEUE_CHANGES)):
            self._tell("queue.changed", f"queue:{number}", {"queue": shown}, (), (number,))

    def _call(self, shown: Document) -> None:
        key = shown["id"]
        call = self._floor.calls.get(key)
        if call is None:
            return
        self._live[key] = call
        before = self._calls.get(key, {})
        self._calls[key] = shown
        for kind in self._kinds(before, shown):
            self._tell_call(kind, before, shown, {})

    @staticmethod
    def _kinds(before: Document, shown: Document) -> list[str]:
        """What happened between the two: every change of phase, else at most one other."""
        kinds = [] if before else ["call.started"]
        phase = Phase(shown["phase"])
        if before.get("phase") != phase.value and PHASES.get(phase, "call.started") != "call.started":
            back = before.get("phase") == Phase.HOLDING.value and phase is Phase.TALKING
            kinds.append("call.retrieved" if back else PHASES[phase])
        elif before.get("agent") != shown["agent"] and phase is Phase.RINGING and before:
            kinds.append("call.ringing")
        elif before and _key(before, CALL_CHANGES) != _key(shown, CALL_CHANGES):
            kinds.append("call.changed")
        return kinds

    def call_ended(self, key: str, ending: Document) -> None:
        """`ending` is what is known of it otherwise when this program did not see it end."""
        shown = self._calls.pop(key, None)
        call = self._live.pop(key, None)
        if shown is not None:
            ended = documents.ended_document(call) if call is not None else ending
            self._tell_call("call.ended", shown, {**shown, "phase": "ended"}, ended)

    def _tell_call(self, kind: str, before: Document, shown: Document, more: Document) -> None:
        agents = tuple({number: None for number in (before.get("agent"), shown["agent"]) if number})
        queues = (shown["queue"],) if shown["queue"] else ()
        self._tell(kind, f"call:{shown['id']}", {"call": shown, **more}, agents, queues)
