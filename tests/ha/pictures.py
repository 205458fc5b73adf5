"""What a node sees and remembers on an ordinary day; tests change what matters to them."""

from msgspec.structs import replace

from appliance.ha.decision.model import Etcd, Health, Leader, Lease, Memory, Peer, Postgres, Role, Seen, Services, Sync
from appliance.ha.decision.timing import Timing

TIMING = Timing()
AT = 1_000_000
BOTH = Sync("n1", "n2", 40)


def etcd(**changes):
    return replace(Etcd(AT - 100, 50, Leader("n1", 30), BOTH, raft_leader="w"), **changes)


def active(**changes):
    """n1 as the healthy active."""
    seen = Seen(
        AT,
        "n1",
        "n2",
        etcd(),
        Lease(30, AT + 4_500, AT - 500),
        Peer(AT - 200, 100, sees_gateway=True),
        Postgres(Role.PRIMARY, accepting=True, streaming=True, names="n2", caught_up=True),
        Services(running=True, stopped=False),
        Health(address_held=True),
    )
    return replace(seen, **changes)


def standby(**changes):
    """n2 as the healthy standby."""
    seen = Seen(AT, "n2", "n1", etcd(), peer=Peer(AT - 200, 100, sees_gateway=True))
    return replace(seen, **{"postgres": Postgres(Role.STANDBY, accepting=True, streaming=True), **changes})


def memory(state, **changes):
    usual = Memory(state, AT - 60_000, AT - 900_000, 0, epoch=30, leader_seen=True, peer_stable_since=AT - 600_000)
    return replace(usual, **changes)


def kinds(verdict):
    return {type(action) for action in verdict.actions}


def nobody_leads(**changes):
    return standby(etcd=etcd(leader=None, **changes))
