"""Queues as pages and services see them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Queue:
    id: int
    name: str
    number: str
    ring_seconds: int
    wrap_up_seconds: int
    service_level_seconds: int
    announce_seconds: int
    max_wait_seconds: int
    callback_mode: str
    callback_key: str
    callback_attempts: int
    callback_gap_minutes: int
    callback_expiry_hours: int
    overflow_prompt_id: int | None
    agent_ids: tuple[int, ...]


@dataclass(frozen=True)
class QueueDraft:
    name: str
    number: str
    ring_seconds: int
    wrap_up_seconds: int
    service_level_seconds: int
    announce_seconds: int
    max_wait_seconds: int
    callback_mode: str
    callback_key: str
    callback_attempts: int
    callback_gap_minutes: int
    callback_expiry_hours: int
    overflow_prompt_id: int | None
    agent_ids: tuple[int, ...]
