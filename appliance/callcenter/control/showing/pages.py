"""Which agents have their page open, so that the manager sees before the next ring whose page is gone."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from appliance.clock import Millis

GRACE_MS = 5_000
"""A reload, or a restart of call control, takes no longer."""

ASLEEP_MS = 150_000
"""Pages say something every 5 s, in a hidden tab once a minute; a page silent for so long does not work any more."""


@dataclass
class Pages:
    """Open desktops of each agent: page id → when it was last heard."""

    _open: dict[int, dict[object, Millis]] = field(default_factory=dict)
    _gone: dict[int, Millis] = field(default_factory=dict)

    def expect(self, agents: Iterable[int], now: Millis) -> None:
        """After a start: their pages are on the way back."""
        self._gone = dict.fromkeys(agents, now) | self._gone

    def heard(self, agent: int, page: object, now: Millis) -> None:
        """The page has been opened, or has said something."""
        self._open.setdefault(agent, {})[page] = now

    def closed(self, agent: int, page: object, now: Millis) -> None:
        mine = self._open.get(agent, {})
        if mine.pop(page, None) is not None and not mine:
            del self._open[agent]
            self._gone[agent] = now

    def gone_since(self, agent: int, now: Millis) -> Millis | None:
        """When the last page of the agent went away or fell asleep; None while she has one. 0 = she never had one."""
        mine = self._open.get(agent)
        if mine is None:
            return self._gone.get(agent, 0)
        last = max(mine.values())
        return last if now - last >= ASLEEP_MS else None

    def online(self, agent: int, now: Millis) -> bool:
        since = self.gone_since(agent, now)
        return since is None or now - since < GRACE_MS
