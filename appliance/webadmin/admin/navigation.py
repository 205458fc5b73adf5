"""The menu on the left, and the words for stored codes."""

from dataclasses import dataclass

from appliance.callcenter.forms import phrase
from appliance.callcenter.people.model import Role
from appliance.webadmin.permissions import Access, Permission, needs


@dataclass(frozen=True)
class Entry:
    address: str
    label: str
    icon: str
    access: Access
    group: str = ""


MENU = (
    Entry("/dashboard", phrase("Overview"), "layout-dashboard", needs(Permission.SETTINGS_MANAGE)),
    Entry("/desktop", phrase("Agent desktop"), "headset", needs(Permission.DESK_USE)),
    Entry("/board", phrase("Live board"), "presentation", needs(Permission.BOARD_VIEW)),
    Entry("/wallboards", phrase("Wallboards"), "device-desktop", needs(Permission.BOARD_MANAGE)),
    Entry("/calls", phrase("Calls"), "history", needs(Permission.CALLS_VIEW, Permission.CALLS_VIEW_OWN)),
    Entry("/callbacks", phrase("Callbacks and missed calls"), "phone-outgoing", needs(Permission.CALLBACKS_MANAGE)),
    Entry("/patients", phrase("Patients"), "heartbeat", needs(Permission.PATIENTS_VIEW)),
    Entry("/orders", phrase("Work orders"), "list-check", needs(Permission.ORDERS_VIEW)),
    Entry("/users", phrase("Users"), "users", needs(Permission.PEOPLE_MANAGE), phrase("People")),
    Entry("/agents", phrase("Agents"), "id-badge", needs(Permission.PEOPLE_MANAGE)),
    Entry(
        "/extensions",
        phrase("Extensions"),
        "device-landline-phone",
        needs(Permission.EXTENSIONS_MANAGE),
        phrase("Telephony"),
    ),
    Entry("/queues", phrase("Queues"), "users-group", needs(Permission.QUEUES_MANAGE), phrase("Telephony")),
    Entry("/skills", phrase("Skills"), "star", needs(Permission.QUEUES_MANAGE)),
    Entry("/trunks", phrase("Trunks"), "route", needs(Permission.TRUNKS_MANAGE)),
    Entry("/dids", phrase("Outside numbers"), "phone-incoming", needs(Permission.TRUNKS_MANAGE)),
    Entry("/rooms", phrase("Conference rooms"), "users-group", needs(Permission.ROOMS_VIEW), phrase("Telephony")),
    Entry("/limits", phrase("Outside-call limits"), "phone-outgoing", needs(Permission.LIMITS_MANAGE)),
    Entry("/blacklist", phrase("Blacklist"), "phone-off", needs(Permission.BLACKLIST_MANAGE)),
    Entry("/departments", phrase("Departments"), "hierarchy", needs(Permission.DEPARTMENTS_MANAGE), phrase("Desk")),
    Entry("/pause-reasons", phrase("Pause reasons"), "clock-pause", needs(Permission.REASONS_MANAGE)),
    Entry("/scripts", phrase("Phrase cards"), "message-2", needs(Permission.SCRIPTS_MANAGE)),
    Entry("/prompts", phrase("Prompts"), "speakerphone", needs(Permission.PROMPTS_MANAGE)),
    Entry("/flows", phrase("Flows"), "sitemap", needs(Permission.FLOWS_VIEW)),
    Entry("/api-keys", phrase("API keys"), "key", needs(Permission.INTEGRATIONS_MANAGE), phrase("Integration")),
    Entry("/webhooks", phrase("Webhooks"), "bolt", needs(Permission.INTEGRATIONS_MANAGE), phrase("Integration")),
    Entry("/settings", phrase("Settings"), "settings", needs(Permission.SETTINGS_MANAGE), phrase("System")),
    Entry("/cluster", phrase("Cluster"), "server", needs(Permission.CLUSTER_MANAGE), phrase("System")),
    Entry("/conditions", phrase("Alarms"), "alert-triangle", needs(Permission.CONDITIONS_VIEW), phrase("System")),
    Entry("/audit", phrase("Audit log"), "shield-check", needs(Permission.AUDIT_VIEW)),
)

HOMES = {Role.AGENT: "/desktop", Role.MANAGER: "/board", Role.ADMINISTRATOR: "/dashboard", Role.DEPARTMENT: "/orders"}

ROLES = {
    "agent": phrase("Agent"),
    "manager": phrase("Manager"),
    "administrator": phrase("Administrator"),
    "department": phrase("Department staff"),
}

DIRECTIONS = {
    "inbound": phrase("Incoming"),
    "outbound": phrase("Outgoing"),
    "internal": phrase("Internal"),
}

OUTCOMES = {
    "answered": phrase("Answered"),
    "abandoned": phrase("Abandoned"),
    "self-service": phrase("Menu only"),
    "no-answer": phrase("No answer"),
    "busy": phrase("Busy"),
    "rejected": phrase("Rejected"),
    "failed": phrase("Failed"),
    "callback": phrase("Callback asked for"),
    "overflow": phrase("Nobody free"),
    "unknown-number": phrase("Unknown number"),
    "blocked": phrase("Blacklist"),
    "cut": phrase("Cut off"),
}


def ending(outcome: str, hung_up_by: str) -> str:
    """How a call ended, in words to be translated."""
    return CUT_BY_FAILOVER if hung_up_by == "failover" else OUTCOMES.get(outcome, outcome)


CUT_BY_FAILOVER = phrase("Cut by fail-over")

SEGMENTS = {
    "ivr": phrase("Menu"),
    "wait": phrase("Waiting"),
    "ring": phrase("Ringing"),
    "talk": phrase("Talking"),
    "hold": phrase("On hold"),
    "wrap": phrase("Wrap-up"),
    "rating": phrase("Rating"),
    "consult": phrase("Asking a colleague"),
    "member": phrase("Conference member"),
    "rec_off": phrase("Recording paused"),
    "carried": phrase("Carried over after a failure"),
}

SEGMENT_RESULTS = OUTCOMES | {
    "failover": CUT_BY_FAILOVER,
    "transferred": phrase("Transferred"),
    "completed": phrase("Transferred after consultation"),
    "joined": phrase("Joined the talk"),
    "cancelled": phrase("Cancelled"),
    "ended": phrase("Hung up"),
    "returned": phrase("Back to the queue"),
    "left": phrase("Left"),
    "dropped": phrase("Taken out"),
    "chair": phrase("Went on with the caller"),
    "taken-over": phrase("Taken over by the manager"),
    "saved": phrase("Saved"),
    "went-on": phrase("The talk went on"),
    "anew": phrase("Put through anew"),
    "no_answer": phrase("No answer"),
    "phone": phrase("Telephone not reachable"),
}
"""How a stretch of a call ended."""

RATINGS = {
    5: phrase("Very good"),
    4: phrase("Good"),
    3: phrase("Fair"),
    2: phrase("Bad"),
    1: phrase("Very bad"),
}

RATING_FILTERS = {
    "rated": phrase("Any rating"),
    "4-5": phrase("4 or better"),
    "3-3": phrase("Fair"),
    "1-2": phrase("2 or worse"),
    "unrated": phrase("Not rated"),
}
"""What the list of calls can be narrowed to; the keys are `CallQuery.rating`."""

RESULTS = {
    "resolved": phrase("Resolved"),
    "forwarded": phrase("Passed on"),
    "follow_up": phrase("Call back needed"),
    "no_answer": phrase("Not reached"),
    "wrong_number": phrase("Wrong number"),
    "other": phrase("Other"),
}

HUNG_UP_BY = {
    "caller": phrase("the caller"),
    "agent": phrase("the agent"),
    "system": phrase("the system"),
    "manager": phrase("a shift manager"),
    "failover": phrase("the system (the other box took over)"),
}

WAYS = {
    "timeout": phrase("no key"),
    "invalid": phrase("wrong entry"),
    "yes": phrase("yes"),
    "no": phrase("no"),
}
"""Ways out of a step of a flow that are no keys."""

NOTICES = {
    "saved": phrase("Saved"),
    "created": phrase("Created"),
    "deleted": phrase("Deleted"),
    "password": phrase("Your password was changed"),
    "released": phrase("Released"),
    "switch-stopped": phrase("There is no switch-over"),
    "maintenance": phrase("The box is in maintenance"),
    "maintenance-over": phrase("The maintenance ends"),
    "hold-cleared": phrase("The pair fails over by itself again"),
    "sent-again": phrase("The events are sent again"),
    "dropped": phrase("The events were dropped"),
    "unlocked": phrase("The user can sign in again"),
}
