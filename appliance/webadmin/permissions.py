"""What each role may do, and how a route says what it needs."""

from dataclasses import dataclass
from enum import StrEnum

from appliance.callcenter.people.model import Role


class Permission(StrEnum):
    DESK_USE = "desk.use"
    BOARD_VIEW = "board.view"
    BOARD_MANAGE = "board.manage"
    """Thresholds of the board, links of wallboards."""
    FLOOR_SUPERVISE = "floor.supervise"
    """Listening to talks and taking part in them, changing agents' states and queues, messages."""
    CALLBACKS_MANAGE = "callbacks.manage"
    """Callbacks and missed calls of all queues."""
    CALLS_VIEW = "calls.view"
    CALLS_VIEW_OWN = "calls.view-own"
    RECORDING_PLAY = "recording.play"
    RECORDING_PLAY_OWN = "recording.play-own"
    PATIENTS_VIEW = "patients.view"
    PATIENTS_EDIT = "patients.edit"
    PEOPLE_MANAGE = "people.manage"
    EXTENSIONS_MANAGE = "extensions.manage"
    QUEUES_MANAGE = "queues.manage"
    TRUNKS_MANAGE = "trunks.manage"
    PROMPTS_MANAGE = "prompts.manage"
    FLOWS_VIEW = "flows.view"
    SETTINGS_MANAGE = "settings.manage"
    AUDIT_VIEW = "audit.view"
    ORDERS_VIEW = "orders.view"
    """Work orders: all of them in the call centre, in a department its own."""
    ORDERS_CREATE = "orders.create"
    ORDERS_MANAGE = "orders.manage"
    DEPARTMENTS_MANAGE = "departments.manage"
    REASONS_MANAGE = "reasons.manage"
    SCRIPTS_MANAGE = "scripts.manage"
    BLACKLIST_MANAGE = "blacklist.manage"
    LIMITS_MANAGE = "limits.manage"
    ROOMS_VIEW = "rooms.view"
    """Conference rooms: see them and who is inside, make one for right now."""
    ROOMS_MODERATE = "rooms.moderate"
    """Agents: in rooms they made, or where they are moderator."""
    ROOMS_MANAGE = "rooms.manage"
    CONDITIONS_VIEW = "conditions.view"
    """Alarms: see and release them."""
    CLUSTER_MANAGE = "cluster.manage"
    """The pair: see it, switch over, maintenance, the monthly test."""
    INTEGRATIONS_MANAGE = "integrations.manage"
    """API keys and webhooks of other systems."""


_AGENT = frozenset(
    {
        Permission.DESK_USE,
        Permission.BOARD_VIEW,
        Permission.CALLS_VIEW_OWN,
        Permission.ROOMS_VIEW,
        Permission.ROOMS_MODERATE,
        Permission.RECORDING_PLAY_OWN,
        Permission.PATIENTS_VIEW,
        Permission.PATIENTS_EDIT,
        Permission.ORDERS_VIEW,
        Permission.ORDERS_CREATE,
    }
)
_MANAGER = frozenset(
    {
        Permission.DESK_USE,
        Permission.BOARD_VIEW,
        Permission.BOARD_MANAGE,
        Permission.FLOOR_SUPERVISE,
        Permission.CALLBACKS_MANAGE,
        Permission.CALLS_VIEW,
        Permission.RECORDING_PLAY,
        Permission.PATIENTS_VIEW,
        Permission.PATIENTS_EDIT,
        Permission.QUEUES_MANAGE,
        Permission.PROMPTS_MANAGE,
        Permission.FLOWS_VIEW,
        Permission.ORDERS_VIEW,
        Permission.ORDERS_CREATE,
        Permission.ORDERS_MANAGE,
        Permission.DEPARTMENTS_MANAGE,
        Permission.REASONS_MANAGE,
        Permission.SCRIPTS_MANAGE,
        Permission.BLACKLIST_MANAGE,
        Permission.ROOMS_VIEW,
        Permission.ROOMS_MODERATE,
        Permission.ROOMS_MANAGE,
        Permission.CONDITIONS_VIEW,
    }
)
_ADMINISTRATOR = frozenset(Permission) - {
    Permission.DESK_USE,
    Permission.FLOOR_SUPERVISE,
    Permission.CALLS_VIEW_OWN,
    Permission.RECORDING_PLAY_OWN,
}

GRANTED: dict[Role, frozenset[Permission]] = {
    Role.AGENT: _AGENT,
    Role.MANAGER: _MANAGER,
    Role.ADMINISTRATOR: _ADMINISTRATOR,
    Role.DEPARTMENT: frozenset({Permission.ORDERS_VIEW}),
}


@dataclass(frozen=True)
class Access:
    """Who gets through: everybody, everybody signed in, or holders of any one of some permissions."""

    public: bool = False
    signed_in: bool = False
    any_of: frozenset[Permission] = frozenset()

    def allows(self, role: Role | None) -> bool:
        """`role` is None for somebody who has not signed in."""
        if self.public:
            return True
        if role is None:
            return False
        return self.signed_in or bool(self.any_of & GRANTED[role])


PUBLIC = Access(public=True)
SIGNED_IN = Access(signed_in=True)
NOBODY = Access()


def needs(*permissions: Permission) -> Access:
    """Any one of `permissions` is enough."""
    return Access(any_of=frozenset(permissions))
