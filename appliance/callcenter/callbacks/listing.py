"""The list of callbacks and missed calls as pages see it."""

from dataclasses import dataclass

from appliance.callcenter.callbacks.model import OPEN, Ticket
from appliance.clock import Millis

STATES = ("open", "waiting", "dialling", "done", "cancelled", "expired", "failed")
"""What can be asked for; `open` is both states in which something is still owed."""


@dataclass(frozen=True)
class CallbackQuery:
    queue_ids: tuple[int, ...] | None = None
    """Restricts to these queues; None = all."""
    state: str = ""
    kind: str = ""
    since: Millis = 0
    until: Millis = 2**62
    """When it was asked for, or lost."""

    @property
    def states(self) -> tuple[str, ...]:
        if self.state == "open":
            return tuple(state.value for state in OPEN)
        return (self.state,) if self.state else ()


@dataclass(frozen=True)
class CallbackEntry:
    """One line: the ticket, and whom and what it is about."""

    ticket: Ticket
    queue: str
    patient: str
    vip: bool
    agent: str
    """Who tried last."""
    agent_number: str
    last_result: str
    """How the last attempt ended; empty while there was none or it goes on."""

    @property
    def id(self) -> str:
        return self.ticket.id
