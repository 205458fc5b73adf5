"""Links that fail in one direction or both, and are slow at times."""

import random

LAN, DIRECT = "lan", "direct"
BOXES = ("n1", "n2")
CLIENTS = "clients"
"""Telephones, browsers and the gateway: the far side of the uplink."""


class Network:
    """`cut` holds directed links that lose everything."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.cut: set[tuple[str, str, str]] = set()
        self.slow: dict[tuple[str, str, str], int] = {}

    def passes(self, sender: str, receiver: str, net: str = LAN) -> bool:
        return sender == receiver or (sender, receiver, net) not in self.cut

    def both(self, one: str, other: str, net: str = LAN) -> bool:
        return self.passes(one, other, net) and self.passes(other, one, net)

    def latency(self, sender: str, receiver: str, net: str = LAN) -> int:
        """Milliseconds; a slow link holds a third of the messages up by a random time, so they overtake."""
        extra = self.slow.get((sender, receiver, net), 0)
        return 1 + (self.chance.randrange(extra) if extra and self.chance.random() < 0.3 else 0)
