"""The pair for programs: GET /cluster with Accept: application/json."""

from collections.abc import Iterable
from typing import Any

import msgspec

from appliance.callcenter.pair.model import BoxView, Pair
from appliance.ha import wording
from appliance.ha.agent.status import Passage
from appliance.ha.decision.readiness import NotReady


def document(pair: Pair | None, language: str) -> dict[str, Any]:
    """Codes are stable, texts are in `language`. Alone: only `paired`, false."""
    if pair is None:
        return {"paired": False}
    return {
        "paired": True,
        "cluster": pair.cluster,
        "service": msgspec.to_builtins(pair.service),
        "asked_at": pair.asked_at,
        "active": pair.active.name if pair.active else None,
        "redundant": pair.redundant,
        "reasons": reasons(pair.reasons, language),
        "maintenance": pair.maintenance,
        "switchover": pair.switchover,
        "hold": pair.hold,
        "files": msgspec.to_builtins(pair.files) if pair.files else None,
        "boxes": [_box(box, language) for box in pair.boxes],
        "witness": {"name": pair.witness.name, "heard": pair.witness_heard} if pair.witness else None,
        "history": [passage(one, language) for one in pair.history],
    }


def reasons(found: Iterable[NotReady], language: str) -> list[dict[str, str]]:
    return [
        {
            "code": reason.name.lower(),
            "text": wording.ADVICE[reason].what.text(language),
            "advice": wording.ADVICE[reason].do.text(language),
        }
        for reason in found
    ]


def passage(one: Passage, language: str) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(one)
    return found | {"cause_text": wording.CAUSES[one.cause].text(language)}


def _box(box: BoxView, language: str) -> dict[str, Any]:
    status = box.status
    said: dict[str, Any] | None = None
    if status is not None:
        found: dict[str, Any] = msgspec.to_builtins(status)
        text = wording.sentence(status.why, status.arguments, status.sentence, language)
        said = found | {"text": text, "state_text": wording.STATES[status.state].text(language)}
    return {"name": box.name, "address": box.member.address, "here": box.here, "status": said}
