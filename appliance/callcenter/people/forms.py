"""Users and agents as forms."""

from appliance.callcenter import forms
from appliance.callcenter.form_rows import Rows
from appliance.callcenter.forms import (
    Choice,
    Flag,
    FormError,
    Number,
    Password,
    Reference,
    References,
    Text,
    phrase,
)
from appliance.callcenter.people.model import AgentDraft, SkillLevel, UserDraft
from appliance.callcenter.people.passwords import weakness
from appliance.callcenter.people.pins import weak_pin

ROLES = (
    ("agent", phrase("Agent")),
    ("manager", phrase("Manager")),
    ("administrator", phrase("Administrator")),
    ("department", phrase("Department staff")),
)

USER_FIELDS = (
    Text(
        name="login",
        label=phrase("User name"),
        pattern=r"[a-z0-9][a-z0-9._\-]{1,63}",
        pattern_message=phrase("Two or more of a to z, digits, dot, dash"),
        help=phrase("What they type to sign in"),
    ),
    Text(name="name", label=phrase("Name")),
    Choice(name="role", label=phrase("Role"), options=ROLES),
    Choice(name="language", label=phrase("Language"), options=(("zh_CN", "简体中文"), ("en", "English"))),
    Password(
        name="password",
        label=phrase("Initial password"),
        required=False,
        help=phrase("They choose their own at the first sign-in; leave empty to keep the present one"),
    ),
    Flag(name="active", label=phrase("May sign in")),
)

AGENT_FIELDS = (
    Reference(name="user_id", label=phrase("User")),
    Text(
        name="number",
        label=phrase("Agent number"),
        longest=16,
        pattern="[0-9]{1,16}",
        pattern_message=phrase("Digits only"),
        help=phrase("Told to callers"),
    ),
    Choice(
        name="phone",
        label=phrase("Talks through"),
        options=(("web", phrase("the browser (headset)")), ("sip", phrase("a desk phone"))),
    ),
    Reference(
        name="extension_id",
        label=phrase("Extension"),
        required=False,
        help=phrase("Their desk phone, and where internal calls for them go"),
    ),
    Password(
        name="pin",
        label=phrase("PIN for desk phones"),
        required=False,
        longest=8,
        help=phrase("4 to 8 digits, to sign in at any desk phone; leave empty to keep the present one"),
    ),
    Flag(
        name="remote",
        label=phrase("May work at an outside number"),
        help=phrase("They are rung there and take each call by pressing 1"),
    ),
    Flag(name="active", label=phrase("Takes calls")),
    References(name="queue_ids", label=phrase("Queues"), group=phrase("Serves these queues")),
    Rows(
        name="skills",
        label=phrase("Skills"),
        group=phrase("Skills and levels"),
        help=phrase("1 = a little, 10 = best. Queues ask for skills, or ring who has most of them"),
        most=30,
        columns=(
            Reference(name="skill", label=phrase("Skill"), required=False),
            Number(name="level", label=phrase("Level"), low=1, high=10, default=5),
        ),
        build=lambda row: SkillLevel(row["skill"], row["level"]),
        parts=lambda one: {"skill": one.skill_id, "level": one.level},
        key="skill",
    ),
)


def read_user(values: forms.Values) -> UserDraft:
    """Raises FormError."""
    draft = forms.read(USER_FIELDS, values, UserDraft)
    problem = weakness(draft.password, draft.login) if draft.password else None
    if problem is not None:
        raise FormError.of("password", problem)
    return draft


def read_agent(values: forms.Values) -> AgentDraft:
    """Raises FormError."""
    draft = forms.read(AGENT_FIELDS, values, AgentDraft)
    if draft.phone == "sip" and draft.extension_id is None:
        raise FormError.of("extension_id", phrase("Choose the desk phone's extension"))
    problem = weak_pin(draft.pin, draft.number) if draft.pin else None
    if problem is not None:
        raise FormError.of("pin", problem)
    return draft
