"""How far a switch-over has come, as the pages see it from whichever box serves them. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from appliance.callcenter.pair.model import BoxView, Pair
from appliance.ha.decision.model import State


class Stage(StrEnum):
    ASKED = "asked"
    DRAINING = "draining"
    LEAVING = "leaving"
    TAKING_OVER = "taking_over"
    DONE = "done"
    NOT_DONE = "not_done"


ORDER = (Stage.ASKED, Stage.DRAINING, Stage.LEAVING, Stage.TAKING_OVER, Stage.DONE)
"""As people follow it."""
OVER = frozenset({Stage.DONE, Stage.NOT_DONE})


@dataclass(frozen=True)
class Progress:
    stage: Stage
    node: str
    """Who takes over, or serves."""
    milliseconds: int | None = None
    """When it is done: how long nobody served."""

    @property
    def is_over(self) -> bool:
        return self.stage in OVER

    def passed(self, stage: Stage) -> bool:
        return self.stage in ORDER and ORDER.index(stage) < ORDER.index(self.stage)


def progress(pair: Pair, since_epoch: int) -> Progress:
    """Of what was asked for when `since_epoch` was the latest change of who leads."""
    serving = pair.active.name if pair.active else ""
    if pair.history and pair.epoch > since_epoch:
        newest = pair.failovers[0]
        if serving == newest.node:
            return Progress(Stage.DONE, newest.node, newest.gap_ms)
        return Progress(Stage.TAKING_OVER, newest.node)
    target = pair.switchover or (pair.standby.name if pair.standby else "")
    if pair.active is None:
        return Progress(Stage.LEAVING if _any(pair, State.DEMOTE) else Stage.TAKING_OVER, target)
    if _is_in(pair.active, State.DRAIN):
        return Progress(Stage.DRAINING, target)
    return Progress(Stage.ASKED, target) if pair.switchover else Progress(Stage.NOT_DONE, serving)


def _any(pair: Pair, state: State) -> bool:
    return any(_is_in(box, state) for box in pair.boxes)


def _is_in(box: BoxView, state: State) -> bool:
    return box.status is not None and box.status.state is state
