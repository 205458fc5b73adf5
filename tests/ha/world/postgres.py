"""PostgreSQL as far as it matters: a log of commits, a standby that follows, commits that wait for it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from appliance.ha.decision.model import Role


@dataclass
class Waiting:
    """A commit that is durable here and not acknowledged yet."""

    write: int
    position: int
    epoch: int
    since: int


@dataclass
class Database:
    """One box's. `log` holds numbers of writes, unique in the world; a standby's is a beginning of its primary's."""

    role: Role = Role.DOWN
    log: list[int] = field(default_factory=list)
    has: set[int] = field(default_factory=set)
    names: str | None = None
    """Kept on disk, like the setting it stands for."""
    acked: int = 0
    """As primary: how much of the log the standby has told us to have."""
    waiting: list[Waiting] = field(default_factory=list)
    exchanged_at: int = -1_000_000
    """World's time of the last exchange between primary and standby, as this side knows."""
    received_at: int | None = None
    rejoin_failures: int = 0
    life: int = 0
    """Counts starts and stops: whatever belongs to an earlier life is void."""
    busy: int | None = None
    """The life in which something is under way."""
    stuck: bool = False
    """Does not accept clients though it runs: frozen, or its disk is full."""

    @property
    def is_busy(self) -> bool:
        return self.busy == self.life

    @property
    def accepting(self) -> bool:
        return self.role is not Role.DOWN and not self.stuck

    def append(self, write: int) -> int:
        self.log.append(write)
        self.has.add(write)
        return len(self.log)

    def is_beginning_of(self, other: Database) -> bool:
        mine, length = self.log, len(self.log)
        return length <= len(other.log) and (length == 0 or other.log[length - 1] == mine[-1])

    def follow(self, primary: Database, length: int) -> None:
        """Everything up to `length` of the primary's log."""
        missing = primary.log[len(self.log) : length]
        self.log.extend(missing)
        self.has.update(missing)

    def become_copy_of(self, primary: Database) -> None:
        self.log, self.has = list(primary.log), set(primary.log)
        self.rejoin_failures = 0

    def change(self, role: Role) -> None:
        """Another life: what was waiting is never acknowledged."""
        self.role, self.waiting, self.life = role, [], self.life + 1
        self.exchanged_at, self.acked = -1_000_000, 0

    def release(self, acknowledged: Callable[[Waiting], None]) -> None:
        """Acknowledge what need not wait (any more)."""
        ready = [w for w in self.waiting if self.names is None or w.position <= self.acked]
        if ready and not self.stuck:
            self.waiting = [w for w in self.waiting if w not in ready]
            for commit in ready:
                acknowledged(commit)
