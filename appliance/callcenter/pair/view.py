"""From what the agent reports to what people are shown. Pure."""

from appliance.callcenter.pair.model import BoxView, Pair
from appliance.clock import Millis
from appliance.ha.agent.status import Report, Status
from appliance.ha.cluster_file import Cluster, Part
from appliance.ha.decision.readiness import NotReady, named

OF_PEER = frozenset({NotReady.PEER_SILENT, NotReady.PEER_NOT_LISTED, NotReady.PEER_NEW, NotReady.PEER_LESS_FIT})


def view(cluster: Cluster, report: Report | None, now: Millis) -> Pair:
    """`report`: None when the agent does not answer."""
    boxes = tuple(BoxView(member, member.name == cluster.me, _status(member.name, report)) for member in cluster.boxes)
    witness = next((member for member in cluster.members if member.part is Part.WITNESS), None)
    active = _active(boxes)
    return Pair(
        cluster=cluster.name,
        service=cluster.service,
        boxes=boxes,
        witness=witness,
        witness_heard=report.own.witness if report is not None and report.own.quorum else None,
        active=active,
        reasons=reasons(cluster, report, active),
        maintenance=report.maintenance if report else None,
        switchover=report.switchover if report else None,
        hold=report.hold if report else False,
        history=report.history if report else (),
        asked_at=now,
    )


def reasons(cluster: Cluster, report: Report | None, active: BoxView | None) -> tuple[NotReady, ...]:
    """Why the pair is not redundant, the worst first."""
    if report is None:
        return (NotReady.AGENT_SILENT,)
    if active is None or active.status is None:
        return (NotReady.NOBODY_ACTIVE,)
    found = [named(name) for name in active.status.not_ready or ()]
    if len(cluster.boxes) < 2:
        found = [NotReady.NO_SECOND_BOX, *(reason for reason in found if reason not in OF_PEER)]
    if all(member.part is not Part.WITNESS for member in cluster.members):
        found = [NotReady.NO_WITNESS, *(reason for reason in found if reason is not NotReady.WITNESS_SILENT)]
    return tuple(dict.fromkeys(found))


def _status(name: str, report: Report | None) -> Status | None:
    """What a box published lives for five seconds; without a quorum we would not see that it has gone."""
    if report is None:
        return None
    if name == report.own.node:
        return report.own
    return report.nodes.get(name) if report.own.quorum else None


def _active(boxes: tuple[BoxView, ...]) -> BoxView | None:
    """The one with the latest epoch, should both say so for a moment."""
    serving = [box for box in boxes if box.status is not None and box.status.active]
    return max(serving, key=lambda box: box.status.epoch if box.status else 0, default=None)
