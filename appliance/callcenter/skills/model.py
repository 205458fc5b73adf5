"""Skills as pages and services see them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Skill:
    id: int
    name: str
    description: str
    agents: int
    """How many have it."""


@dataclass(frozen=True)
class SkillDraft:
    name: str
    description: str
