"""Trunks and outside numbers as pages and services see them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Trunk:
    id: int
    name: str
    kind: str
    host: str
    port: int
    transport: str
    username: str
    has_password: bool
    caller_number: str
    outbound_strip: int
    outbound_prefix: str
    order: int
    max_calls: int
    active: bool


@dataclass(frozen=True)
class TrunkDraft:
    name: str
    kind: str
    host: str
    port: int
    transport: str
    username: str
    password: str
    """Empty leaves the present one."""
    caller_number: str
    outbound_strip: int
    outbound_prefix: str
    order: int
    max_calls: int
    active: bool


@dataclass(frozen=True)
class DidDraft:
    number: str
    name: str
    trunk_id: int | None
    target: str
    """Kind and id of what answers, as `flow:3`."""
    sticky: str
    active: bool


@dataclass(frozen=True)
class Did(DidDraft):
    id: int
    trunk: str
