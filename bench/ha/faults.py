"""What is done to the pair, and how it is undone. A new fault is one function and one line in FAULTS."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from tests.box import Box


class Moves(StrEnum):
    """Who has to have the service address afterwards."""

    YES = "the other box"
    NO = "the same box"
    EITHER = "one of them"


def _nothing(_box: Box) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Fault:
    """`strike` and `heal` get the machine that it is aimed at."""

    name: str
    label: str
    at: str
    """active, standby or witness."""
    strike: Callable[[Box], None]
    heal: Callable[[Box], None] = _nothing
    moves: Moves = Moves.NO
    without_power: bool = False

    def target(self, active: str, standby: str, witness: str) -> str:
        return {"active": active, "standby": standby, "witness": witness}[self.at]


def _switch_over(box: Box) -> None:
    box.run("hcc", "cluster", "switchover", "--force", timeout=90)


def _kill(unit: str) -> Callable[[Box], None]:
    return lambda box: box.kill(unit)


FAULTS = (
    Fault("power-off", "power-off of the active", "active", Box.power_off, Box.boot, Moves.YES, without_power=True),
    Fault("planned", "planned switch-over", "active", _switch_over, moves=Moves.YES),
    Fault("freeze", "freeze of the active", "active", Box.freeze, Box.thaw, Moves.YES),
    Fault("cut", "the active cut off", "active", Box.cut, Box.mend, Moves.YES),
    Fault("agent", "kill of the agent", "active", _kill("hcc-ha-agent"), moves=Moves.EITHER),
    Fault("desk", "kill of call control", "active", _kill("hcc-desk")),
    Fault("asterisk", "kill of Asterisk", "active", _kill("asterisk")),
    Fault("witness", "witness lost", "witness", Box.power_off, Box.boot, without_power=True),
    Fault("standby", "standby lost", "standby", Box.power_off, Box.boot, without_power=True),
)
