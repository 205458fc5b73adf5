"""Skills as pages and services see them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SkillDraft:
    name: str
    description: str


@dataclass(frozen=True)
class Skill(SkillDraft):
    id: int
    agents: int
    """How many have it."""
