"""Open tickets in memory, as call control needs them in the middle of a call. The database is the truth."""

from collections import Counter
from dataclasses import dataclass, field, replace

from appliance.callcenter.callbacks.model import Ticket
from appliance.text import lookup_number


@dataclass
class Book:
    """`tickets` holds open ones, and those closed lately so that an older reading does not open them again."""

    tickets: dict[str, Ticket] = field(default_factory=dict)
    open_in: Counter[int] = field(default_factory=Counter)
    """Queue id → how many are open."""
    changes: Counter[int] = field(default_factory=Counter)
    """Queue id → how often something changed: lists are read anew then."""
    waits: dict[str, str] = field(default_factory=dict)
    """Id under which a ticket waits in distribution, and which its call will have → ticket id."""
    _by_number: dict[str, set[str]] = field(default_factory=dict)

    def put(self, ticket: Ticket) -> Ticket:
        """Keep a changed ticket; returns it with its new version."""
        ticket = replace(ticket, version=ticket.version + 1)
        self._keep(ticket)
        return ticket

    def take(self, ticket: Ticket) -> bool:
        """Keep what the database has, unless memory is newer. True when that changed something."""
        known = self.tickets.get(ticket.id)
        newer = ticket.open if known is None else known != ticket and known.version <= ticket.version
        if not newer:
            return False
        self._keep(ticket)
        return True

    def revert(self, ticket: Ticket, before: Ticket) -> None:
        """The database did not take this version; what it has instead comes with the next reading."""
        if self.tickets.get(ticket.id) is ticket:
            self._keep(before)

    def open(self) -> list[Ticket]:
        return [ticket for ticket in self.tickets.values() if ticket.open]

    def of_number(self, number: str) -> list[Ticket]:
        """Open tickets for a number, however it is written."""
        if not self._by_number:
            return []
        return [self.tickets[key] for key in self._by_number.get(lookup_number(number), ())]

    def in_queue(self, queue: int, number: str) -> Ticket | None:
        return next((ticket for ticket in self.of_number(number) if ticket.queue == queue), None)

    def waiting(self, key: str) -> Ticket | None:
        """The ticket that waits in distribution as `key`."""
        return self.tickets.get(self.waits.get(key, ""))

    def key_of(self, ticket: Ticket) -> str:
        """Under which id the ticket waits in distribution; empty when it does not."""
        return next((key for key, known in self.waits.items() if known == ticket.id), "")

    def forget_closed(self, before: int) -> None:
        """Drop tickets closed before that time."""
        for ticket in list(self.tickets.values()):
            if ticket.closed_at is not None and ticket.closed_at < before:
                del self.tickets[ticket.id]

    def _keep(self, ticket: Ticket) -> None:
        old = self.tickets.get(ticket.id)
        if old is not None and old.open:
            self.open_in[old.queue] -= 1
            of_number = self._by_number[old.lookup]
            of_number.discard(old.id)
            if not of_number:
                del self._by_number[old.lookup]
        self.tickets[ticket.id] = ticket
        self.changes[ticket.queue] += 1
        if ticket.open:
            self.open_in[ticket.queue] += 1
            self._by_number.setdefault(ticket.lookup, set()).add(ticket.id)
