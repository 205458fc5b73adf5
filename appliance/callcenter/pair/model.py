"""The pair as one box sees it at one moment."""

from dataclasses import dataclass

from appliance.callcenter.pair.failovers import Failover, failovers
from appliance.clock import Millis
from appliance.ha.agent.status import Passage, Status
from appliance.ha.cluster_file import Member, ServiceAddress
from appliance.ha.decision.readiness import REDUNDANCY_ONLY, NotReady
from appliance.ha.files_report import FilesView


@dataclass(frozen=True)
class BoxView:
    member: Member
    here: bool
    """Whether it is the one that was asked."""
    status: Status | None
    """None: its agent has told nothing for some seconds."""

    @property
    def name(self) -> str:
        return self.member.name


@dataclass(frozen=True)
class Pair:
    """Everything for the page, the API and the pre-flight."""

    cluster: str
    service: ServiceAddress
    boxes: tuple[BoxView, ...]
    witness: Member | None
    witness_heard: bool | None
    """None: nobody can say."""
    active: BoxView | None
    reasons: tuple[NotReady, ...]
    """Why the pair is not redundant, the worst first."""
    maintenance: str | None
    switchover: str | None
    hold: bool
    history: tuple[Passage, ...]
    """Latest first."""
    asked_at: Millis
    files: FilesView | None = None
    """None: nobody says how far files have followed."""

    @property
    def failovers(self) -> tuple[Failover, ...]:
        """The history as people read it, latest first."""
        return failovers(self.history)

    @property
    def redundant(self) -> bool:
        return not self.reasons

    @property
    def blocking(self) -> tuple[NotReady, ...]:
        """Reasons for which a switch-over is refused."""
        return tuple(reason for reason in self.reasons if reason not in REDUNDANCY_ONLY)

    @property
    def worth_knowing(self) -> tuple[NotReady, ...]:
        """Reasons that a person may decide to switch over in spite of."""
        return tuple(reason for reason in self.reasons if reason in REDUNDANCY_ONLY)

    @property
    def standby(self) -> BoxView | None:
        """The other box than the active one."""
        if self.active is None:
            return None
        return next((box for box in self.boxes if box.name != self.active.name), None)

    @property
    def epoch(self) -> int:
        """Of the latest change of who leads."""
        return self.history[0].epoch if self.history else 0

    @property
    def calls(self) -> int:
        """In progress on the active box."""
        return self.active.status.services.calls if self.active is not None and self.active.status is not None else 0
