"""From looks at the server to what decisions see. Pure: time is an argument."""

from dataclasses import dataclass, field

from appliance.ha.decision import model
from appliance.ha.decision.model import Role
from appliance.ha.decision.timing import Boottime
from appliance.ha.postgres.configuration import read_sync_names
from appliance.ha.postgres.looking import Look

FRESH_MS = 1_500
"""A look that is older says nothing of now."""


@dataclass(frozen=True)
class Proof:
    """That commits certainly wait for `name` since the log was at `since`, in this life of the server."""

    life: str
    name: str
    since: int


@dataclass
class Diary:
    """What has to be remembered from look to look."""

    waits_since: dict[str, Boottime] = field(default_factory=dict)
    word: str = ""
    word_at: Boottime | None = None

    def note(self, look: Look, now: Boottime) -> None:
        self.waits_since = {who: self.waits_since.get(who, now) for who in look.waiting}
        if look.recovering and look.receiver == "streaming" and look.word != self.word:
            self.word, self.word_at = look.word, now

    def oldest_wait_ms(self, now: Boottime) -> int:
        return now - min(self.waits_since.values(), default=now)


def judged(
    look: Look | None,
    looked_at: Boottime,
    now: Boottime,
    diary: Diary,
    proof: Proof | None,
    *,
    alive: bool,
    signal: bool,
) -> model.Postgres:
    """`signal`: the data folder is a standby's. A server that does not answer is what its folder says."""
    if not alive:
        return model.Postgres(wal_received_at=diary.word_at)
    if look is None or now - looked_at > FRESH_MS:
        return model.Postgres(role=Role.STANDBY if signal else Role.PRIMARY, wal_received_at=diary.word_at)
    if look.recovering:
        streams = look.receiver == "streaming"
        return model.Postgres(Role.STANDBY, accepting=True, streaming=streams, wal_received_at=diary.word_at)
    return model.Postgres(
        Role.PRIMARY,
        accepting=True,
        streaming=look.sender == "streaming",
        names=read_sync_names(look.names),
        caught_up=_has_everything(look, proof),
        oldest_wait_ms=diary.oldest_wait_ms(now),
        wal_received_at=diary.word_at,
    )


def _has_everything(look: Look, proof: Proof | None) -> bool:
    """R3: from the moment commits wait, what came before is all that could be missing."""
    return (
        proof is not None
        and (proof.life, proof.name) == (look.life, read_sync_names(look.names))
        and (look.sender, look.sync_state) == ("streaming", "sync")
        and look.peer_has is not None
        and look.peer_has >= proof.since
    )


def needs_proof(look: Look, peer: str | None, proof: Proof | None) -> bool:
    """Commits are set to wait for the peer, and that it is so was not shown in this life of the server."""
    name = read_sync_names(look.names)
    if look.recovering or name is None or name != peer:
        return False
    return proof is None or (proof.life, proof.name) != (look.life, name)


def lag_bytes(look: Look | None) -> int | None:
    if look is None:
        return None
    if look.recovering:
        return max(0, look.received - look.here) if look.received is not None else None
    return max(0, look.here - look.peer_has) if look.peer_has is not None else None
