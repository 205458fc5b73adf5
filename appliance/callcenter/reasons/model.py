"""Pause reasons as rules, services and pages see them."""

from dataclasses import dataclass

TONES = ("red", "orange", "yellow", "green", "azure", "blue", "purple", "grey")
KINDS = ("break", "work")


@dataclass(frozen=True)
class PauseReasonDraft:
    name_zh: str
    name_en: str
    tone: str
    kind: str
    limit_minutes: int
    day_limit_minutes: int
    position: int
    active: bool


@dataclass(frozen=True)
class PauseReason(PauseReasonDraft):
    id: int
    code: str

    @property
    def name(self) -> str:
        return self.name_zh
