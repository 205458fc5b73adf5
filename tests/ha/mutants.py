"""Planted bugs: each puts something wrong in the place of one rule."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NamedTuple

from appliance.ha.decision import active, damping, rights, sync_rules
from appliance.ha.decision.actions import HoldAddress
from appliance.ha.decision.model import Memory, Seen
from appliance.ha.decision.timing import Timing


class Mutant(NamedTuple):
    rule: str
    module: ModuleType
    name: str
    instead: Callable[..., Any]
    kinds: tuple[str, ...]
    """Faults that bring it to light."""


def _opening_unrecorded(seen: Seen, *, recorded: bool) -> Any:
    return _opening(seen, recorded=False)


def _address_without_end(right: rights.Right, _timing: Timing) -> HoldAddress:
    return HoldAddress(right.until + 60_000)


def _drop_forgets_adding(memory: Memory, seen: Seen) -> bool:
    return seen.reads and seen.etcd.sync.standby is None


_opening = sync_rules.opening


MUTANTS = (
    Mutant("R1: only who is listed is promoted", sync_rules, "may_promote", lambda _sync, _node: True,
           ("power off", "direct link cut", "agent killed")),
    Mutant("R2: the key before the setting", sync_rules, "dropping_is_recorded", lambda _memory, _seen: True,
           ("direct link cut", "power off")),
    Mutant("R3: recorded when it has everything", sync_rules, "peer_has_everything", lambda _seen: True,
           ("direct link cut", "direct link one way", "PostgreSQL stuck")),
    Mutant("R5: recorded as sole before any client", sync_rules, "opening", _opening_unrecorded,
           ("power off", "agent killed")),
    Mutant("the address ends with the right", active, "_address", _address_without_end,
           ("agent stays dead", "LAN cut")),
    Mutant("the lease goes last", active, "is_stopped", lambda seen: not seen.health.address_held,
           ("switch-over", "uplink cut")),
    Mutant("bad health is seldom a reason", damping, "keeps_serving", lambda _memory, _seen, _timing: None,
           ("uplink cut", "services crash")),
)  # fmt: skip
LATE_ADDITION = Mutant("R2: an addition may still arrive", sync_rules, "dropping_is_recorded", _drop_forgets_adding, ())
"""Needs a message that is late by the right time: played by hand."""


@contextmanager
def planted(mutant: Mutant) -> Iterator[None]:
    original = getattr(mutant.module, mutant.name)
    setattr(mutant.module, mutant.name, mutant.instead)
    try:
        yield
    finally:
        setattr(mutant.module, mutant.name, original)
