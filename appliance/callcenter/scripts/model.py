"""Phrase cards as services and pages see them."""

from dataclasses import dataclass

from appliance.clock import Millis


@dataclass(frozen=True)
class ScriptDraft:
    title: str
    business_type: str
    queue_id: int | None
    text: str
    position: int
    active: bool


@dataclass(frozen=True)
class Script(ScriptDraft):
    id: int
    changed_at: Millis

    @property
    def name(self) -> str:
        return self.title
