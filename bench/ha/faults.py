"""What is done to the pair, and how it is undone. A new fault is one function and one line in FAULTS."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from bench.ha.ground import Ground


class Moves(StrEnum):
    """Who has to have the service address afterwards."""

    YES = "the other box"
    NO = "the same box"
    EITHER = "one of them"


def _nothing(_ground: Ground, _name: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Fault:
    """`strike` and `heal` get the ground and the name of the machine that it is aimed at."""

    name: str
    label: str
    at: str
    """active, standby or witness."""
    strike: Callable[[Ground, str], None]
    heal: Callable[[Ground, str], None] = _nothing
    moves: Moves = Moves.NO
    without_power: bool = False

    def target(self, active: str, standby: str, witness: str) -> str:
        return {"active": active, "standby": standby, "witness": witness}[self.at]


def _power_off(ground: Ground, name: str) -> None:
    ground.box(name).power_off()


def _boot(ground: Ground, name: str) -> None:
    ground.box(name).boot()


def _switch_over(ground: Ground, name: str) -> None:
    ground.box(name).run("hcc", "cluster", "switchover", "--force", timeout=90)


def _kill(unit: str) -> Callable[[Ground, str], None]:
    return lambda ground, name: ground.box(name).kill(unit)


FAULTS = (
    Fault("power-off", "power-off of the active", "active", _power_off, _boot, Moves.YES, without_power=True),
    Fault("planned", "planned switch-over", "active", _switch_over, moves=Moves.YES),
    Fault(
        "freeze",
        "freeze of the active",
        "active",
        lambda ground, name: ground.box(name).freeze(),
        lambda ground, name: ground.box(name).thaw(),
        Moves.YES,
    ),
    Fault(
        "cut",
        "the active cut off",
        "active",
        lambda ground, name: ground.box(name).cut(),
        lambda ground, name: ground.box(name).mend(),
        Moves.YES,
    ),
    Fault("agent", "kill of the agent", "active", _kill("hcc-ha-agent"), moves=Moves.EITHER),
    Fault("desk", "kill of call control", "active", _kill("hcc-desk")),
    Fault("asterisk", "kill of Asterisk", "active", _kill("asterisk")),
    Fault("witness", "witness lost", "witness", _power_off, _boot, without_power=True),
    Fault("standby", "standby lost", "standby", _power_off, _boot, without_power=True),
)
