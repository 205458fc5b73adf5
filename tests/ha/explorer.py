"""Every interleaving of lease and promise: messages lost, late, out of order; pauses, restarts, no quorum.

Time is counted in ticks and relative to now, so the states are finitely many. A pause needs no step of its own: a node
that does not run is a node whose steps are not chosen; its address goes on in the kernel until its lifetime is over.
Ages of messages stop at `TICKS`, where they are worth nothing any more, so a message may be late by any time.
"""

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from appliance.ha.decision import promise
from appliance.ha.decision.timing import Timing

TICKS = 2
"""Length of a lease and of a promise, in ticks; 3 shows nothing more and takes ten times as long."""
TIMING = Timing(lease_ms=TICKS, promise_ms=TICKS, margin_ms=0, address_margin_ms=0)
IN_FLIGHT = 2


class Node(NamedTuple):
    active: bool = False
    lease: int = 0
    """Ticks that it still believes to hold the key."""
    belief: int = 0
    """Ticks that it still relies on the peer's promise."""
    pledge: int = 0
    """Ticks for which it promised to keep still."""
    address: int = 0
    """Ticks that its kernel still holds the service address."""


class Message(NamedTuple):
    kind: str
    """`hold` (take or keep the key), `held`, `ask`, `promised`."""
    node: int
    """Who asked."""
    age: int
    """Ticks since it was asked, as the asker knows; the answer carries it on."""


class World(NamedTuple):
    nodes: tuple[Node, Node]
    quorum: bool
    holder: int | None
    key: int
    """Ticks until etcd forgets the holder."""
    flight: tuple[Message, ...]


START = World((Node(active=True, lease=TICKS, address=TICKS), Node()), True, 0, TICKS, ())


class Rules(NamedTuple):
    """What is explored; a test puts a bug in the place of one of them."""

    believed: Callable[[int], int] = lambda asked_at: promise.believed_until(asked_at, TIMING)
    granted: Callable[[int], int] = lambda pledged: promise.granted(pledged, 0, TIMING)
    after_start: Callable[[], int] = lambda: promise.after_start(0, TIMING)
    is_free: Callable[[int], bool] = lambda pledged: promise.is_free(pledged, 0)
    counts_lease_from_answer: bool = False


def successors(world: World, rules: Rules) -> Iterator[tuple[str, World]]:
    """Every step that may come next, with its name."""
    yield "tick", _tick(world)
    yield "quorum", world._replace(quorum=not world.quorum)
    if not world.quorum and world.holder is not None:
        yield "quorum, leases begin anew", world._replace(quorum=True, key=TICKS)
    if world.quorum and world.key == 0 and world.holder is not None:
        yield "key expires", world._replace(holder=None)
    for name in (0, 1):
        yield f"run {name}", _with_node(world, name, _run(world.nodes[name]))
        yield f"restart {name}", _restarted(world, name, rules)
        yield from _sent(world, name, rules)
    for position, message in enumerate(world.flight):
        rest = world._replace(flight=world.flight[:position] + world.flight[position + 1 :])
        yield f"lose {message.kind}", rest
        yield f"deliver {message.kind} of {message.node}", _delivered(rest, message, rules)


def _tick(world: World) -> World:
    def older(node: Node) -> Node:
        return Node(node.active, *(max(0, left - 1) for left in node[1:]))

    flight = tuple(sorted(m._replace(age=min(TICKS, m.age + 1)) for m in world.flight))
    return world._replace(
        nodes=(older(world.nodes[0]), older(world.nodes[1])), key=max(0, world.key - 1), flight=flight
    )


def _run(node: Node) -> Node:
    """The node looks at its clock: it goes on as long as it has a right, and lends the kernel the address till then."""
    right = max(node.lease, node.belief)
    active = node.active and right > 0
    return node._replace(active=active, address=right if active else 0, belief=node.belief if active else 0)


def _with_node(world: World, name: int, node: Node) -> World:
    return world._replace(nodes=(node, world.nodes[1]) if name == 0 else (world.nodes[0], node))


def _restarted(world: World, name: int, rules: Rules) -> World:
    """Nothing is remembered; answers to the earlier boot are thrown away."""
    flight = tuple(m for m in world.flight if m.node != name or m.kind in {"hold", "ask"})
    return _with_node(world._replace(flight=flight), name, Node(pledge=rules.after_start()))


def _sent(world: World, name: int, rules: Rules) -> Iterator[tuple[str, World]]:
    if len(world.flight) == IN_FLIGHT:
        return
    node = world.nodes[name]
    kinds = []
    if node.active or rules.is_free(node.pledge):
        kinds.append("hold")
    if node.active:
        kinds.append("ask")
    for kind in kinds:
        yield f"{kind} by {name}", _flying(_with_node(world, name, _run(node)), Message(kind, name, 0))


def _flying(world: World, message: Message) -> World:
    return world._replace(flight=tuple(sorted((*world.flight, message))))


def _delivered(world: World, message: Message, rules: Rules) -> World:
    receive = {"hold": _at_etcd, "held": _held, "ask": _asked, "promised": _promised}[message.kind]
    return receive(world, message, rules)


def _at_etcd(world: World, message: Message, _rules: Rules) -> World:
    if not world.quorum or world.holder not in {None, message.node}:
        return world
    return _flying(world._replace(holder=message.node, key=TICKS), message._replace(kind="held"))


def _held(world: World, message: Message, rules: Rules) -> World:
    """The key is ours from the moment before we asked; a standby that promised meanwhile does not act on it."""
    node = _run(world.nodes[message.node])
    lease = TICKS if rules.counts_lease_from_answer else TICKS - message.age
    if lease > 0 and (node.active or rules.is_free(node.pledge)):
        node = _run(node._replace(active=True, lease=max(node.lease, lease)))
    return _with_node(world, message.node, node)


def _asked(world: World, message: Message, rules: Rules) -> World:
    other = 1 - message.node
    node = _run(world.nodes[other])
    world = _with_node(world, other, node)
    if node.active:
        return world
    promised = _with_node(world, other, node._replace(pledge=rules.granted(node.pledge)))
    return _flying(promised, message._replace(kind="promised"))


def _promised(world: World, message: Message, rules: Rules) -> World:
    node = _run(world.nodes[message.node])
    if node.active:
        node = _run(node._replace(belief=max(node.belief, rules.believed(-message.age))))
    return _with_node(world, message.node, node)


def both_act(world: World) -> bool:
    """Both have the service address, or both would take it if they ran now."""
    one, two = world.nodes
    if one.address and two.address:
        return True
    return all(node.active and max(node.lease, node.belief) for node in world.nodes)


class Explored(NamedTuple):
    states: int
    steps: int
    story: list[str]
    """The shortest way to two active nodes; empty when there is none."""


def explore(rules: Rules | None = None, limit: int = 5_000_000) -> Explored:
    """Breadth first from an active node 0, until every state was seen or both act."""
    rules = rules or Rules()
    came_from: dict[World, tuple[World, str] | None] = {START: None}
    queue = deque([START])
    steps = 0
    while queue and len(came_from) < limit:
        world = queue.popleft()
        for name, following in successors(world, rules):
            steps += 1
            if following in came_from:
                continue
            came_from[following] = (world, name)
            if both_act(following):
                return Explored(len(came_from), steps, _story(came_from, following))
            queue.append(following)
    return Explored(len(came_from), steps, [])


def _story(came_from: dict[World, tuple[World, str] | None], world: World) -> list[str]:
    names = []
    while origin := came_from[world]:
        world, name = origin
        names.append(name)
    return names[::-1]


def main() -> int:
    began = time.monotonic()
    explored = explore()
    print(f"{explored.states:,} states, {explored.steps:,} steps, {time.monotonic() - began:.1f} s")
    print("both act: " + " → ".join(explored.story) if explored.story else "never are both active")
    return bool(explored.story)


if __name__ == "__main__":
    sys.exit(main())
