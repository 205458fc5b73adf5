"""People: who signs in, what they are, and in whose name something is done."""

from dataclasses import dataclass
from enum import StrEnum

from appliance.clock import Millis


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    MANAGER = "manager"
    AGENT = "agent"
    DEPARTMENT = "department"
    """Somebody outside the call centre who deals with work orders."""


class Phone(StrEnum):
    """What an agent talks through: the browser or a desk phone."""

    WEB = "web"
    SIP = "sip"


@dataclass(frozen=True)
class Author:
    """In whose name something is changed or looked at; goes into the audit log."""

    user_id: int | None
    login: str
    address: str = ""


@dataclass(frozen=True)
class Viewer:
    """Somebody with a valid web session."""

    user_id: int
    login: str
    name: str
    role: Role
    language: str
    agent_id: int | None
    must_change_password: bool
    token_hash: str
    """Which session: the key of `web_session`."""

    def author(self, address: str) -> Author:
        return Author(self.user_id, self.login, address)


@dataclass(frozen=True)
class User:
    id: int
    login: str
    name: str
    role: Role
    language: str
    active: bool
    must_change_password: bool
    locked_until: Millis
    created_at: Millis


@dataclass(frozen=True)
class UserDraft:
    login: str
    name: str
    role: Role
    language: str
    active: bool
    password: str = ""
    """Empty leaves the present password."""


@dataclass(frozen=True)
class SkillLevel:
    """How well an agent can do something: 1 to 10."""

    skill_id: int
    level: int


@dataclass(frozen=True)
class Agent:
    id: int
    user_id: int
    login: str
    name: str
    number: str
    extension_id: int | None
    extension: str
    phone: Phone
    remote: bool
    active: bool
    queue_ids: tuple[int, ...]
    skills: tuple[SkillLevel, ...]


@dataclass(frozen=True)
class AgentDraft:
    user_id: int
    number: str
    extension_id: int | None
    phone: Phone
    remote: bool
    active: bool
    queue_ids: tuple[int, ...]
    skills: tuple[SkillLevel, ...]
    pin: str = ""
    """Empty leaves the present PIN."""


@dataclass(frozen=True)
class AuditEntry:
    id: int
    at: Millis
    login: str
    address: str
    action: str
    subject_kind: str
    subject_id: str
    detail: str
