"""Prompts as pages and services see them."""

from dataclasses import dataclass
from enum import StrEnum

from appliance.clock import Millis


class PromptKind(StrEnum):
    SPEECH = "speech"
    UPLOAD = "upload"


class PromptStatus(StrEnum):
    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True)
class Prompt:
    id: int
    name: str
    kind: PromptKind
    text: str
    voice: str
    file: str
    milliseconds: int
    status: PromptStatus
    error: str
    updated_at: Millis


@dataclass(frozen=True)
class PromptDraft:
    """For an upload `text` is what is said in it, for people to read; `voice` is empty then."""

    name: str
    text: str
    voice: str
    kind: PromptKind = PromptKind.SPEECH
