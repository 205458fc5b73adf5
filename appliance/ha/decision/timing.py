"""Times of the pair, in ms of CLOCK_BOOTTIME. One place, because they only hold together."""

import msgspec

type Boottime = int
"""Milliseconds of CLOCK_BOOTTIME: goes on in suspend, knows no steps, means nothing on the other box."""


class Timing(msgspec.Struct, frozen=True):
    lease_ms: int = 5_000
    """How long the leader key outlives the last keep-alive. 3 s leave too little for a stall of etcd."""
    margin_ms: int = 700
    """How long before the end of its right a node begins to stop; a stop takes 110 ms."""
    address_margin_ms: int = 350
    """The kernel removes an address up to 310 ms late."""
    promise_ms: int = 5_000
    """How long the standby keeps still after it promised to."""
    ask_after_ms: int = 1_500
    """A lease that was not confirmed for so long: ask the peer for its promise."""
    promote_budget_ms: int = 20_000
    campaign_budget_ms: int = 3_000
    stop_budget_ms: int = 5_000
    """A planned stop lets the standby take over everything; after this PostgreSQL is stopped at once."""
    services_first_ms: int = 2_000
    """A planned stop lets the programs store what they know before the database stops, for so long at most."""
    switchover_budget_ms: int = 20_000
    """A switch-over whose target does not come: the old active takes over again."""
    postgres_budget_ms: int = 10_000
    """R8: a crashed PostgreSQL that does not accept clients by then costs the lease."""
    commit_wait_ms: int = 1_000
    """R4: a commit that waits longer for the standby drops it."""
    joined_ms: int = 5_000
    """A standby that this active has not dropped yet counts after it streamed for so long."""
    stable_ms: int = 30_000
    """R4: a standby that was dropped comes back after it streamed for so long."""
    other_cold_ms: int = 60_000
    """After a cold start the last primary goes first, the other only then."""
    demoted_delay_ms: int = 2_000
    demoted_recently_ms: int = 60_000
    race_backoff_ms: int = 2_000
    ready_ms: int = 300_000
    """A node that came back counts as ready after so long."""
    rejoin_tries: int = 3
    restarts_per_minute: int = 2
    health_failovers_per_hour: int = 2
    """Fail-overs of an hour after which bad health alone is no reason any more."""
