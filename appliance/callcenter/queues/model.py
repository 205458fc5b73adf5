"""Queues as pages and services see them."""

from dataclasses import dataclass

from appliance.callcenter.acd.model import Strategy
from appliance.callcenter.acd.policy import Need, Step


@dataclass(frozen=True)
class QueueDraft:
    name: str
    number: str
    ring_seconds: int
    wrap_up_seconds: int
    service_level_seconds: int
    announce_seconds: int
    callback_mode: str
    callback_key: str
    callback_attempts: int
    callback_gap_minutes: int
    callback_expiry_hours: int
    announce_wait: bool
    strategy: Strategy
    age_points: int
    needs: tuple[Need, ...]
    steps: tuple[Step, ...]
    announce_agent: bool
    rating: bool
    sticky_tried_days: int
    sticky_talked_days: int
    sticky_wait_seconds: int
    business_types: tuple[str, ...]
    agent_ids: tuple[int, ...]


@dataclass(frozen=True)
class Queue(QueueDraft):
    id: int
