"""Patients as pages and services see them."""

from dataclasses import dataclass

from appliance.clock import Millis


@dataclass(frozen=True)
class PatientPhone:
    number: str
    relation: str
    """Whose telephone it is: `self`, `spouse`, `child`, `parent`, `other`."""


@dataclass(frozen=True)
class PatientDraft:
    name: str
    sex: str = ""
    birth_date: str = ""
    identity_number: str = ""
    card_number: str = ""
    vip: bool = False
    department: str = ""
    address: str = ""
    notes: str = ""
    phones: tuple[PatientPhone, ...] = ()


@dataclass(frozen=True)
class Patient(PatientDraft):
    id: int = 0
    version: int = 1
    """Rises with every change; a form made from an older one is refused."""
    created_at: Millis = 0
    updated_at: Millis = 0

    @property
    def relation(self) -> str:
        """Whose telephone the first one is."""
        return self.phones[0].relation if self.phones else ""


@dataclass(frozen=True)
class PatientQuery:
    text: str = ""
    """Any words of name, pinyin, initials, telephone, identity or card number."""
    vip_only: bool = False
    department: str = ""
