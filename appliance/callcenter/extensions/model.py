"""Extensions as pages and services see them."""

from dataclasses import dataclass

from appliance.clock import Millis


@dataclass(frozen=True)
class ExtensionDraft:
    number: str
    name: str
    outside_calls: bool
    emergency: bool


@dataclass(frozen=True)
class Extension(ExtensionDraft):
    id: int
    has_secret: bool
    agent: str
    """Name of the agent whose desk phone it is, or empty."""
    created_at: Millis
