"""Departments as pages and services see them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DepartmentDraft:
    name: str
    telephone: str
    due_hours: int
    active: bool
    user_ids: tuple[int, ...]


@dataclass(frozen=True)
class Department(DepartmentDraft):
    id: int
