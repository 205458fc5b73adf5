"""What the desk's web side asks of call control, and what call control tells it.

A change is a dict with
  `seq`  number of the change, rising by any step, never repeated within one run of the program;
  `to`   ids of the agents it concerns, or None/absent when it concerns everybody;
and exactly one body: `agent`, `queue`, `call`, `call_gone`, `me`, `taken_over`, `notice` or `configuration`.
Calls reach the agents named in `to` and everybody who may see all calls; `me`, `taken_over` and
`notice` reach only the agents named.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from appliance.events import Publisher

type Change = dict[str, Any]
type Document = dict[str, Any]

BODIES = ("agent", "queue", "call", "call_gone", "me", "taken_over", "notice", "configuration")


@dataclass(frozen=True)
class Actor:
    """Who asks; `address` is the network address of the browser, for the audit."""

    user_id: int
    login: str
    role: str
    agent_id: int | None
    address: str
    channel: str = "desktop"


class DeskControl(Protocol):
    """Call control as the desk's sockets see it. Snapshot and changes come from the same event loop."""

    changes: Publisher[Change]

    def viewer_snapshot(self, actor: Actor) -> Document:
        """me, agents, queues, calls, node, pbx: everything this actor may see right now."""

    async def perform(self, actor: Actor, verb: str, arguments: Document) -> Document:
        """Carry out one intent. Raises UserError."""
