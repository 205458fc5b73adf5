"""Sticky routing: who of us had to do with a number lately, and whom its next call should reach. Pure."""

from dataclasses import dataclass, replace
from enum import StrEnum

import msgspec

from appliance.clock import Millis

DAY_MS = 86_400_000

TRIED, TALKED = "tried", "talked"


class Contact(msgspec.Struct, frozen=True):
    """An agent and a number: `tried` to reach it in vain, or `talked` with it."""

    agent: int
    at: Millis
    call: str
    kind: str


@dataclass(frozen=True, slots=True)
class StickyRules:
    """For so many days each kind of contact counts (0 = never); a busy agent is waited for so long."""

    tried_days: int = 0
    talked_days: int = 0
    wait_ms: Millis = 30_000

    @property
    def days(self) -> int:
        return max(self.tried_days, self.talked_days)


class ByNumber(StrEnum):
    """What an outside number says about sticky routing of the calls that come in on it."""

    QUEUE = ""
    """As the queue says."""
    ON = "on"
    OFF = "off"


USUAL = StickyRules(tried_days=3, talked_days=7)
"""Where the number switches it on and the queue names no days."""


def rules_for(queue: StickyRules, number: str) -> StickyRules:
    """The queue's rules, as the outside number (a value of ByNumber) has them."""
    if number == ByNumber.OFF:
        return StickyRules()
    if number == ByNumber.ON and not queue.days:
        return replace(USUAL, wait_ms=queue.wait_ms)
    return queue


def choose(contacts: list[Contact], rules: StickyRules, now: Millis) -> Contact | None:
    """Whom the caller should reach: who tried in vain after the last talk, else who talked last, else nobody."""
    latest = sorted(contacts, key=lambda contact: contact.at, reverse=True)
    talked = next((contact for contact in latest if contact.kind == TALKED), None)
    tried = next((contact for contact in latest if contact.kind == TRIED), None)
    if tried is not None and (talked is None or talked.at < tried.at) and now - tried.at < rules.tried_days * DAY_MS:
        return tried
    if talked is not None and now - talked.at < rules.talked_days * DAY_MS:
        return talked
    return None
