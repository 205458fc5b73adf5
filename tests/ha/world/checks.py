"""The invariants of the pair, checked whenever something happens that could break one; and what clients saw."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from appliance.ha.decision import rights
from appliance.ha.decision.model import BAD_HEALTH, SERVING, Memory, Role, State, Sync
from appliance.ha.decision.verdict import Verdict
from tests.ha.world.agent import Box
from tests.ha.world.postgres import Waiting

HOUR_MS = 3_600_000
FROZEN_LATELY_MS = 2_000
PAUSED_LATELY_MS = 5_000
"""A paused virtual machine's clocks stop too, so its lease seems to last; its writes are fenced by replication."""


class ViolationError(Exception):
    """An invariant is broken."""


@dataclass
class Checks:
    world: Any
    acked: set[int] = field(default_factory=set)
    newest_epoch: int = 0
    newest_ack: int = 0
    """The newest epoch that acknowledged something."""
    address_gap: int = 0
    write_gap: int = 0
    served_at: int = 0
    acked_at: int = 0
    steps_down: list[int] = field(default_factory=list)
    takeovers: int = 0
    double_paused_ms: int = 0
    """Double holding that a paused virtual machine causes: known, and not to be had without hardware."""
    log: deque[str] = field(default_factory=lambda: deque(maxlen=60))

    def broken(self, invariant: str, what: str) -> None:
        raise ViolationError(f"{invariant} at {self.world.now} ms: {what}")

    def note(self, text: str) -> None:
        self.log.append(f"{self.world.now:>7}  {text}")

    # -- I1, I5: the address ---------------------------------------------------------------------------

    def address_taken(self, box: Box) -> None:
        other = self.world.peer_of(box)
        if not other.holds_address or not other.running:
            return
        if not self._was_paused(box) and not self._was_paused(other):
            self.broken("I1", f"{box.name} takes the address while {other.name} has it")

    def _was_paused(self, box: Box) -> bool:
        return self.world.now < box.paused_until + PAUSED_LATELY_MS

    def stepped(self, box: Box) -> None:
        """I5: whoever has lost every right has stopped by then, if its processes had time to."""
        seen = box.seen()
        right = rights.best(seen, self.world.unhurried)
        if right is not None:
            box.right_until = max(box.right_until, right.until)
        elif box.right_until > 0 and self._serves_after_all(box):
            self.broken("I5", f"{box.name} still serves after its right ended ({box.memory.state})")

    def _serves_after_all(self, box: Box) -> bool:
        had_time = self.world.now > box.trouble_until + FROZEN_LATELY_MS
        return had_time and box.clock() > box.right_until and (box.holds_address or box.db.role is Role.PRIMARY)

    def released(self, box: Box) -> None:
        """I5: whoever gives its lease away has stopped before, for the other may start at once.

        Not so the key of a lease that was lost while another right holds.
        """
        if rights.best(box.seen(), self.world.timing) is not None and box.lease is None:
            return
        if box.holds_address or box.services == "running" or box.db.role is Role.PRIMARY:
            self.broken("I5", f"{box.name} gives its lease away and still serves ({box.memory.state})")

    # -- I2, I3, I6: writes ----------------------------------------------------------------------------

    def acknowledged(self, box: Box) -> Callable[[Waiting], None]:
        def check(commit: Waiting) -> None:
            if commit.epoch < self.newest_ack:
                self.broken("I2", f"{box.name} acknowledges in epoch {commit.epoch} after epoch {self.newest_ack} did")
            self.newest_ack = commit.epoch
            self.acked.add(commit.write)
            self.write_gap = max(self.write_gap, self.world.now - self.acked_at)
            self.acked_at = self.world.now
            self._listed_have(self.world.etcd.sync, {commit.write})

        return check

    def sync_written(self, sync: Sync) -> None:
        self.note(f"sync = {sync.primary}, {sync.standby}")
        self._listed_have(sync, self.acked)

    def _listed_have(self, sync: Sync, writes: set[int]) -> None:
        for box in self.world.boxes.values():
            if sync.lists(box.name) and not writes <= box.db.has:
                self.broken("I6", f"{box.name} is listed and lacks {len(writes - box.db.has)} acknowledged writes")

    # -- I3, I4, I7, I11: who becomes active -----------------------------------------------------------

    def promoted(self, box: Box, *, stood_still: bool) -> None:
        """A promotion that was ordered before its box stood still may come about late.

        It does no harm: no service is started any more, and it is stopped at once; I2 and I6 watch over its writes.
        """
        sync = self.world.etcd.sync
        self.note(f"{box.name} promoted")
        if stood_still:
            return
        if not sync.lists(box.name) and sync.primary is not None and not box.forced:
            self.broken("I7", f"{box.name} promoted and not listed")
        if not self.acked <= box.db.has:
            self.broken("I3", f"{box.name} promoted without {len(self.acked - box.db.has)} acknowledged writes")

    def epoch_won(self, box: Box, epoch: int) -> None:
        if epoch <= self.newest_epoch:
            self.broken("I4", f"{box.name} won epoch {epoch} after {self.newest_epoch}")
        self.newest_epoch = epoch

    def decided(self, box: Box, before: Memory, verdict: Verdict) -> None:
        after = verdict.memory
        if after.state is not before.state:
            self.note(f"{box.name} {before.state} → {after.state}: {verdict.reason}")
        self.takeovers += before.state is State.PROMOTE and after.state in SERVING
        if after.state is State.DEMOTE and before.state in SERVING and after.cause in BAD_HEALTH:
            self.steps_down = [at for at in self.steps_down if self.world.now - at < HOUR_MS] + [self.world.now]
            if len(self.steps_down) > 2:
                self.broken("I11", "a third step down for bad health within an hour")

    # -- I14, I15: what clients see --------------------------------------------------------------------

    def probed(self) -> None:
        net = self.world.net
        now = self.world.now
        if all(box.holds_address and box.running for box in self.world.boxes.values()):
            self.double_paused_ms += 100
        if any(box.serves and net.both("clients", box.name) for box in self.world.boxes.values()):
            self.address_gap = max(self.address_gap, now - self.served_at - 100)
            self.served_at = now

    def gaps(self) -> tuple[int, int]:
        """Longest time without address and without an acknowledged write, up to now."""
        now = self.world.now
        return max(self.address_gap, now - self.served_at), max(self.write_gap, now - self.acked_at)

    # -- I3, I12: the end ------------------------------------------------------------------------------

    def is_whole(self) -> bool:
        """One active on its lease, the other in step and listed."""
        states = sorted(box.memory.state for box in self.world.boxes.values())
        sync = self.world.etcd.sync
        return states == [State.ACTIVE, State.STANDBY] and sync.standby is not None

    def ended(self) -> None:
        for box in self.world.boxes.values():
            if box.memory.state is State.ACTIVE and not self.acked <= box.db.has:
                self.broken("I3", f"{len(self.acked - box.db.has)} acknowledged writes are lost")
