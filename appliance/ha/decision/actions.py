"""What a decision wants done.

Every action is a wish that is repeated until it is seen fulfilled, so each may be lost, doubled or refused; whoever
carries them out ignores what is already under way.
"""

from enum import StrEnum

import msgspec

from appliance.ha.decision.model import Cause
from appliance.ha.decision.promise import Ask
from appliance.ha.decision.timing import Boottime


class HoldAddress(msgspec.Struct, frozen=True):
    """Keep the service address, in the kernel not longer than `until`."""

    until: Boottime


class DropAddress(msgspec.Struct, frozen=True):
    pass


class FeedWatchdog(msgspec.Struct, frozen=True):
    """Let the hardware watchdog count, and reset the machine at `until` at the latest unless this comes again."""

    until: Boottime


class RestWatchdog(msgspec.Struct, frozen=True):
    """Stop it: nothing runs here that could do harm."""


class Campaign(msgspec.Struct, frozen=True):
    """Make the leader key on a new lease, if nobody has it and both keys are as they were read.

    The history is written in the same transaction, so that no fail-over is ever missing in the count.
    """

    sync_revision: int
    desired_revision: int
    cause: Cause


class ReleaseLease(msgspec.Struct, frozen=True):
    """Revoke the lease, also one that is only just being won."""


class LetLeaseExpire(msgspec.Struct, frozen=True):
    """Send no more keep-alives: something could not be stopped, nobody may take over before the lease's time."""


class MoveRaftLeader(msgspec.Struct, frozen=True):
    """Away from the active: its death would cost an election on top of the lease."""


class AskPromise(msgspec.Struct, frozen=True):
    pass


class GivePromise(msgspec.Struct, frozen=True):
    ask: Ask


class RecordSync(msgspec.Struct, frozen=True):
    """Write the `sync` key, if it still has `revision` and the leader key is ours."""

    primary: str
    standby: str | None
    revision: int


class SetHold(msgspec.Struct, frozen=True):
    pass


class ClearSwitchover(msgspec.Struct, frozen=True):
    pass


class ClearMaintenance(msgspec.Struct, frozen=True):
    pass


class SetSyncNames(msgspec.Struct, frozen=True):
    """`synchronous_standby_names`; None: commits wait for nobody."""

    name: str | None


class StartStandby(msgspec.Struct, frozen=True):
    """Start PostgreSQL, always as standby."""


class RejoinWay(StrEnum):
    REWIND = "rewind"
    CLONE = "clone"


class Rejoin(msgspec.Struct, frozen=True):
    way: RejoinWay


class PromotePostgres(msgspec.Struct, frozen=True):
    pass


class RestartPostgres(msgspec.Struct, frozen=True):
    """R8: as the primary it was."""


class StopPostgres(msgspec.Struct, frozen=True):
    """Whatever it is doing: a start or promotion that is under way ends with it."""

    at_once: bool
    """Immediate; otherwise the standby gets everything first."""


class StartServices(msgspec.Struct, frozen=True):
    """Start, or start again what has failed."""


class StopServices(msgspec.Struct, frozen=True):
    pass


class RefuseCalls(msgspec.Struct, frozen=True):
    """No new calls: a switch-over waits for those in progress."""


class AlarmKind(StrEnum):
    NO_QUORUM = "no_quorum"
    WITNESS_SILENT = "witness_silent"
    ADDRESS_CONFLICT = "address_conflict"
    COMMITS_WAIT = "commits_wait"
    """The standby is gone and etcd too: commits wait rather than be lost."""
    NO_STANDBY = "no_standby"
    HOLD = "hold"
    FORCED = "forced"
    UNFIT = "unfit"
    FAILED = "failed"


class Alarm(msgspec.Struct, frozen=True):
    """Repeated as long as it is so."""

    kind: AlarmKind


type Action = (
    HoldAddress
    | DropAddress
    | FeedWatchdog
    | RestWatchdog
    | Campaign
    | ReleaseLease
    | LetLeaseExpire
    | MoveRaftLeader
    | AskPromise
    | GivePromise
    | RecordSync
    | SetHold
    | ClearSwitchover
    | ClearMaintenance
    | SetSyncNames
    | StartStandby
    | Rejoin
    | PromotePostgres
    | RestartPostgres
    | StopPostgres
    | StartServices
    | StopServices
    | RefuseCalls
    | Alarm
)
