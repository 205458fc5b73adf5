"""What the desk's web side asks of call control, and what call control tells it.

A change is a dict with
  `seq`  number of the change, rising by any step, never repeated within one run of the program;
  `to`   ids of the agents it concerns, or None/absent when it concerns everybody;
and one body: `agent`, `queue`, `call`, `call_gone`, `me`, `taken_over`, `notice`, `repairs` or `configuration`,
the last with `pbx` when the telephone system came or went. After any other `configuration` everybody gets a snapshot.
Calls reach the agents named in `to` and everybody who may see all calls; `me`, `taken_over` and
`notice` reach only the agents named; `repairs` reaches who may see all calls, `supervision…` who supervises the floor;
`room` the pages that show rooms.
"""

from typing import Any, Protocol

from appliance.callcenter.control.actor import Actor
from appliance.events import Publisher

type Change = dict[str, Any]
type Document = dict[str, Any]

BODIES = (
    "agent",
    "queue",
    "call",
    "call_gone",
    "me",
    "taken_over",
    "notice",
    "room",
    "repairs",
    "configuration",
    "supervision",
    "supervision_gone",
    "message",
    "looking",
    "thresholds",
)


class DeskControl(Protocol):
    """Call control as the desk's sockets see it. Snapshot and changes come from the same event loop."""

    @property
    def changes(self) -> Publisher[Change]: ...

    def viewer_snapshot(self, actor: Actor) -> Document:
        """me, agents, queues, calls, node, pbx: everything this actor may see right now."""

    def page_heard(self, agent: int, page: object) -> None:
        """The agent's desktop `page` has been opened, or is still alive."""

    def page_closed(self, agent: int, page: object) -> None: ...

    async def wall_allowed(self, token: str) -> bool | None:
        """Whether a wallboard may show the figures; None while that cannot be found out."""

    def wall_document(self) -> Document:
        """What a wallboard shows: figures, nobody's name or number."""

    async def perform(self, actor: Actor, verb: str, arguments: Document) -> Document:
        """Carry out one intent. Raises UserError."""
