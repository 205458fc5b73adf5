"""What systemd says of units, read and judged. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from appliance.ha.decision.timing import Boottime

MINUTE_MS = 60_000
PROPERTIES = ("Id", "ActiveState", "SubState", "NRestarts")
DOWN = frozenset({"inactive", "failed"})


@dataclass(frozen=True)
class Unit:
    name: str
    active: str
    sub: str
    restarts: int = 0

    @property
    def runs(self) -> bool:
        return self.active in {"active", "reloading"}

    @property
    def is_down(self) -> bool:
        return self.active in DOWN

    @property
    def has_failed(self) -> bool:
        return self.active == "failed" or self.sub == "auto-restart"


def parse_units(text: str) -> dict[str, Unit]:
    """The answer to `systemctl show`: blocks of NAME=VALUE. What is not understood is left out."""
    units = {}
    for block in text.strip().split("\n\n"):
        values = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        restarts = values.get("NRestarts", "")
        if "Id" in values:
            units[values["Id"]] = Unit(
                values["Id"],
                values.get("ActiveState", ""),
                values.get("SubState", ""),
                int(restarts) if restarts.isdecimal() else 0,
            )
    return units


def parse_calls(text: str) -> int | None:
    """`core show calls` of Asterisk: "3 active calls"."""
    for line in text.splitlines():
        number, _, rest = line.strip().partition(" ")
        if number.isdecimal() and rest.startswith("active call"):
            return int(number)
    return None


@dataclass
class Restarts:
    """Counts systemd's restarts of the last minute, and ours."""

    known: dict[str, int] = field(default_factory=dict)
    at: list[Boottime] = field(default_factory=list)

    def note(self, units: Mapping[str, Unit], now: Boottime) -> None:
        for unit in units.values():
            more = unit.restarts - self.known.get(unit.name, unit.restarts)
            self.at += [now] * max(0, more)
            self.known[unit.name] = unit.restarts

    def add(self, now: Boottime) -> None:
        self.at.append(now)

    def of_last_minute(self, now: Boottime) -> int:
        self.at = [at for at in self.at if now - at < MINUTE_MS]
        return len(self.at)


def are_running(units: Mapping[str, Unit], wanted: Sequence[str]) -> bool:
    return all(name in units and units[name].runs for name in wanted)


def are_stopped(units: Mapping[str, Unit], wanted: Sequence[str]) -> bool:
    return all(name in units and units[name].is_down for name in wanted)


def any_failed(units: Mapping[str, Unit], wanted: Sequence[str]) -> bool:
    return any(name in units and units[name].has_failed for name in wanted)
