"""Who is next.

A caller's urgency is priority plus points for each minute of waiting. Within a queue every caller ages alike, so the
order there never changes while they wait: priority is a head start of so many minutes and nobody can be overtaken by
somebody who came that much later. Between queues with different points per minute the present urgencies are compared.
"""

from appliance.callcenter.acd.model import AcdState, QueueRules, Waiting
from appliance.clock import Millis

MINUTE_MS = 60_000

type Urgency = tuple[int, Millis, str]


def urgency(rules: QueueRules, waiting: Waiting, at: Millis) -> Urgency:
    """Sorts the most urgent first; equal ones by who came first."""
    points = waiting.priority * MINUTE_MS + rules.age_points * (at - waiting.since)
    return (-points, waiting.since, waiting.call)


def places(state: AcdState, queue: int) -> dict[str, int]:
    """Calls of `queue` → how many are served before each."""
    rules = state.queues.get(queue, QueueRules(queue))
    line = [(urgency(rules, waiting, 0), waiting.call) for waiting in state.waiting.values() if waiting.queue == queue]
    return {call: place for place, (_, call) in enumerate(sorted(line))}


def all_places(state: AcdState) -> dict[str, int]:
    """The same for everybody who waits: for whoever shows all, who would else look through the line for each."""
    queues = {waiting.queue for waiting in state.waiting.values()}
    return {call: place for queue in queues for call, place in places(state, queue).items()}


def place(state: AcdState, call: str) -> int:
    """How many in the same queue are served before `call`."""
    mine = state.waiting[call]
    rules = state.queues.get(mine.queue, QueueRules(mine.queue))
    own = urgency(rules, mine, 0)
    same = (other for other in state.waiting.values() if other.queue == mine.queue)
    return sum(1 for other in same if urgency(rules, other, 0) < own)


def in_order(state: AcdState, waiting: list[Waiting], at: Millis) -> list[Waiting]:
    """Callers of any queues, most urgent first."""
    return sorted(waiting, key=lambda entry: urgency(state.queues[entry.queue], entry, at))
