"""A queue as a form."""

from collections.abc import Mapping

from appliance.callcenter import forms
from appliance.callcenter.acd.model import Strategy
from appliance.callcenter.acd.policy import DEFAULT_STEPS, MOST_NEEDS, MOST_STEPS, Need, OfferCallback
from appliance.callcenter.callbacks.model import Mode
from appliance.callcenter.calls.business import BUSINESS_TYPES
from appliance.callcenter.form_rows import Rows
from appliance.callcenter.forms import (
    Choice,
    Choices,
    Flag,
    FormError,
    Number,
    Problem,
    Reference,
    References,
    Text,
    phrase,
)
from appliance.callcenter.queues import step_forms
from appliance.callcenter.queues.model import QueueDraft
from appliance.callcenter.work_orders.forms import TYPE_WORDS

STRATEGIES = (
    (Strategy.LONGEST_IDLE.value, phrase("Longest idle first")),
    (Strategy.ROUND_ROBIN.value, phrase("In turn")),
    (Strategy.FEWEST_CALLS.value, phrase("Fewest calls today first")),
    (Strategy.RING_ALL.value, phrase("All at once")),
    (Strategy.BY_SKILL.value, phrase("Best skill first")),
)


def _need(row: Mapping[str, int]) -> Need:
    if row["lowest"] > row["level"]:
        raise Problem(phrase("The lowest level may not be above the level asked for"))
    return Need(row["skill"], row["level"], row["relax_seconds"], row["relax_by"], row["lowest"])


FIELDS = (
    Text(name="name", label=phrase("Queue name")),
    Text(
        name="number",
        label=phrase("Internal number"),
        longest=8,
        pattern="[1-9][0-9]*",
        pattern_message=phrase("Digits only, not beginning with 0"),
        help=phrase("Extensions dial it; calls are transferred to it"),
    ),
    Choice(
        name="strategy",
        label=phrase("Who is rung"),
        options=STRATEGIES,
        group=phrase("Distribution"),
        help=phrase("“All at once” rings up to 20 agents; who answers first has the call"),
    ),
    Number(
        name="age_points",
        label=phrase("Priority gained in a minute of waiting"),
        low=1,
        high=100,
        default=10,
        help=phrase("A VIP has 100 points more: at 10 a minute, a head start of ten minutes"),
    ),
    Rows(
        name="needs",
        label=phrase("Skills that callers of this queue need"),
        help=phrase(
            "Relaxes: so many levels less after each so many seconds of waiting, down to the lowest; 0 = never"
        ),
        most=MOST_NEEDS,
        columns=(
            Reference(name="skill", label=phrase("Skill"), required=False),
            Number(name="level", label=phrase("Level"), low=1, high=10, default=5),
            Number(name="relax_by", label=phrase("Relaxes by"), low=1, high=10, default=1),
            Number(name="relax_seconds", label=phrase("every (seconds)"), low=0, high=3600, default=30),
            Number(name="lowest", label=phrase("Lowest"), low=0, high=10, default=0),
        ),
        build=_need,
        parts=lambda need: {
            "skill": need.skill,
            "level": need.level,
            "relax_by": need.relax_by,
            "relax_seconds": need.relax_seconds,
            "lowest": need.lowest,
        },
        key="skill",
    ),
    Number(
        name="ring_seconds",
        label=phrase("Ring an agent for (seconds)"),
        low=5,
        high=120,
        default=15,
        group=phrase("Times"),
    ),
    Number(name="wrap_up_seconds", label=phrase("Wrap-up after a call (seconds)"), low=0, high=600, default=30),
    Number(
        name="service_level_seconds",
        label=phrase("Service level: answered within (seconds)"),
        low=5,
        high=600,
        default=20,
    ),
    Number(
        name="announce_seconds",
        label=phrase("Announce the position every (seconds)"),
        low=0,
        high=600,
        default=60,
        help=phrase("0 = never"),
    ),
    Flag(name="announce_wait", label=phrase("Say the expected wait with the position")),
    Flag(name="announce_agent", label=phrase("Tell the caller the agent number when connected")),
    Flag(name="rating", label=phrase("Ask for a rating (1 to 5) after the agent has hung up")),
    Rows(
        name="steps",
        label=phrase("What happens to callers who wait"),
        group=phrase("Steps"),
        help=phrase("From top to bottom; each at most once for a caller. A message ends the call"),
        most=MOST_STEPS,
        columns=step_forms.COLUMNS,
        build=step_forms.build,
        parts=step_forms.parts,
        key="when",
        unique=False,
    ),
    Choice(
        name="callback_mode",
        label=phrase("Callback"),
        options=(
            ("off", phrase("Not offered")),
            ("agent", phrase("Agent first, then the patient is dialled")),
            ("patient", phrase("Patient first, then the agent's phone rings")),
        ),
        group=phrase("Callback instead of waiting"),
        help=phrase("The caller hangs up and keeps the place in the queue"),
    ),
    Choice(
        name="callback_key",
        label=phrase("Key that asks for it"),
        options=tuple((key, key) for key in "123456789"),
    ),
    Number(name="callback_attempts", label=phrase("Attempts to reach the patient"), low=1, high=10, default=3),
    Number(name="callback_gap_minutes", label=phrase("Minutes between two attempts"), low=1, high=240, default=5),
    Number(
        name="callback_expiry_hours",
        label=phrase("Given up after (hours)"),
        low=1,
        high=96,
        default=24,
    ),
    Number(
        name="sticky_tried_days",
        label=phrase("To the agent who tried to reach the caller, for (days)"),
        low=0,
        high=90,
        group=phrase("Callers who call back"),
        help=phrase("0 = not; she is preferred while she is signed in and not pausing"),
    ),
    Number(
        name="sticky_talked_days",
        label=phrase("To the agent of the last talk, for (days)"),
        low=0,
        high=90,
        help=phrase("0 = not"),
    ),
    Number(
        name="sticky_wait_seconds",
        label=phrase("Wait for her while she is busy (seconds)"),
        low=0,
        high=600,
        default=30,
        help=phrase("Then whoever is free; the place in the queue is kept"),
    ),
    Choices(
        name="business_types",
        label=phrase("Business types of the wrap-up form"),
        options=tuple((code, TYPE_WORDS[code]) for code in BUSINESS_TYPES),
        group=phrase("Wrap-up form"),
        help=phrase("What agents may choose after calls of this queue; none chosen = all"),
    ),
    References(name="agent_ids", label=phrase("Agents"), group=phrase("Members")),
)

STARTING_VALUES = {"strategy": Strategy.LONGEST_IDLE.value, "announce_wait": "1", "steps": DEFAULT_STEPS}


def read(values: forms.Values) -> QueueDraft:
    """Raises FormError."""
    draft = forms.read(FIELDS, values, QueueDraft)
    if draft.callback_mode == Mode.OFF.value:
        _refuse_offers(draft)
    return draft


def _refuse_offers(draft: QueueDraft) -> None:
    for line, step in enumerate(draft.steps, 1):
        if isinstance(step.do, OfferCallback):
            problem = Problem(phrase("Callbacks are not offered in this queue: choose how under “Callback”"), line=line)
            raise FormError({"steps": problem})
