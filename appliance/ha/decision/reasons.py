"""Why a decision was taken: a code with arguments, and the one sentence it makes."""

from enum import StrEnum

import msgspec


class Why(StrEnum):
    """Each with its sentence; a translation maps the code, never the text."""

    STARTED = "Started; the service address is down and nothing runs."
    CLEARING = "Stopping what an earlier run has left."
    JOINING = "Joining {0} as its standby."
    REJOINING = "What the peer does not know is undone: {0}."
    REJOIN_FAILED = "Could not become a standby in {0} tries; a person is needed."
    DISK_FAILED = "The disk has failed; a person is needed."
    NO_QUORUM = "No quorum: waiting for the witness or the other box."
    IN_STEP = "Standby is in step."
    NO_LEADER_STANDBY = "Nobody leads; ready as a standby."
    FOLLOWING = "{0} leads, epoch {1}."
    LAST_PRIMARY_FIRST = "The last primary goes first for another {0} ms."
    NOT_LISTED = "Not listed as having every commit: may not take over."
    PLEDGED = "Promised to keep still for another {0} ms."
    SWITCHOVER_TO_PEER = "A switch-over to {0} is under way."
    DEMOTED_RECENTLY = "Stepped down a moment ago; the other goes first."
    STILL_RECEIVES = "The old primary still sends; giving it time to stop."
    CANDIDATE = "Nobody leads and this node has every commit: campaigning."
    CAMPAIGNING = "Waiting for the answer to the campaign."
    CAMPAIGN_LOST = "{0} was faster."
    CAMPAIGN_LATE = "The campaign had no answer in time."
    WON = "Won the lease, epoch {0}."
    FORCED = "Made active by a person who says that the other box is off."
    READING_BACK = "Reading the keys as of our own epoch."
    PROMOTING = "Promoting PostgreSQL."
    RECORDING_SOLE = "Recording that no standby has our commits yet."
    OPENING = "Letting commits wait for nobody."
    ARMING = "Arming the hardware watchdog."
    NO_WATCHDOG = "A hardware watchdog is required here and there is none that fits."
    STARTING_SERVICES = "Starting the services."
    ADDRESS_TAKEN = "Another host answers for the service address while the peer is alive."
    READY = "Everything runs: taking the service address, epoch {0}."
    PROMOTION_LATE = "Could not become active in time."
    SERVING = "Active, epoch {0}."
    SERVING_PROMISED = "No lease, but the peer promised to keep still."
    SERVING_SOLO = "The peer is in maintenance: active without a vote."
    SERVING_FORCED = "Active by a person's word, until the lease is won."
    RIGHT_LOST = "The right to be active ends: stepping down."
    OUTVOTED = "{0} leads with epoch {1}: stepping down."
    SUCCEEDED = "{0} has been primary since: stepping down."
    UNHEALTHY = "Stepping down for the healthier peer: {0}."
    UNHEALTHY_STAYS = "Unhealthy ({0}), but the peer cannot take over: {1}."
    DRAINING = "Switching over to {0}: {1} calls left."
    NOT_READY = "No switch-over: {0}."
    LEAVING = "Stepping down for {0}."
    STOPPING = "Stopping: address, services, database, then the lease."
    STOPPED = "Everything is stopped."
    SYNC_DROPPED = "A commit waits for {0}: going on without it."
    SYNC_BLOCKED = "Commits wait for {0}, and without etcd it cannot be dropped."
    SYNC_ADDING = "{0} streams steadily: commits wait for it again."
    SYNC_ADDED = "{0} has every commit: recording it."
    POSTGRES_RESTARTS = "PostgreSQL is down: starting it again."
    SERVICES_RESTART = "A service has failed: starting it again."
    MAINTENANCE = "In maintenance: keeps out until the active ends it."
    MAINTENANCE_OVER = "Maintenance is over."
    HELD = "Too many fail-overs: a person has to look first."
    HOLD_OVER = "A person has cleared the hold."


class Reason(msgspec.Struct, frozen=True):
    why: Why
    arguments: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        return self.why.format(*self.arguments)


def because(why: Why, *arguments: str | int) -> Reason:
    return Reason(why, arguments)
