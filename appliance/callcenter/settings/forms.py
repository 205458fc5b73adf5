"""The settings as a form."""

import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.callcenter import forms
from appliance.callcenter.control.entering.codes import collisions
from appliance.callcenter.forms import Choice, Flag, FormError, Number, Text, phrase
from appliance.callcenter.integrations import pop
from appliance.callcenter.prompts.voices import VOICES
from appliance.callcenter.settings.model import Settings


@dataclass(frozen=True, kw_only=True)
class TimeZone(Text):
    def read(self, given: Sequence[str]) -> str:
        value = super().read(given)
        try:
            zoneinfo.ZoneInfo(value)
        except ValueError, OSError, zoneinfo.ZoneInfoNotFoundError:
            raise forms.Problem(phrase("No such time zone")) from None
        return value


def _code(name: str, label: str, message: str = "", *, group: str = "") -> Text:
    return Text(
        name=name,
        label=label,
        help=message,
        group=group,
        required=False,
        longest=6,
        pattern=r"[*#][0-9*#]{1,5}",
        pattern_message=phrase("A star or hash, then up to five of 0-9 * #"),
    )


CODES = (
    _code(
        "code_state", phrase("Say my state"), phrase("Leave empty what is not to be used"), group=phrase("Desk phones")
    ),
    _code("code_sign_in", phrase("Sign in"), phrase("At another's desk phone followed by the agent number")),
    _code("code_sign_out", phrase("Sign out")),
    _code("code_ready", phrase("Ready")),
    _code("code_busy", phrase("Busy"), phrase("Followed by the digit of the reason")),
    _code("code_wrap_up", phrase("Save the wrap-up"), phrase("Followed by the digit of the outcome")),
)


@dataclass(frozen=True, kw_only=True)
class PopAddress(Text):
    """Template of another system's address."""

    def read(self, given: Sequence[str]) -> str:
        value = super().read(given)
        for name in pop.unknown_names(value):
            raise forms.Problem(phrase("No such name: %(word)s"), {"word": name[:40]})
        if value and not pop.is_template(value):
            raise forms.Problem(phrase("Please enter an address such as https://his.example.org/calls"))
        return value


FIELDS = (
    Text(
        name="hospital_name",
        label=phrase("Hospital name"),
        longest=40,
        group=phrase("Hospital"),
        help=phrase("Shown at the top of every page and spoken in greetings"),
    ),
    Choice(
        name="language",
        label=phrase("Language before signing in"),
        options=(("zh_CN", "简体中文"), ("en", "English")),
    ),
    TimeZone(name="time_zone", label=phrase("Time zone"), help=phrase("For example Asia/Shanghai")),
    Number(
        name="extension_digits",
        label=phrase("Digits of internal numbers"),
        low=3,
        high=6,
        group=phrase("Numbering"),
        help=phrase("Extensions and queues share these numbers"),
    ),
    Text(
        name="outside_prefix",
        label=phrase("Prefix for outside calls"),
        required=False,
        longest=2,
        pattern="[0-9]*",
        pattern_message=phrase("Digits only"),
        help=phrase("Leave empty when outside numbers are dialled as they are"),
    ),
    Number(
        name="wrap_up_seconds",
        label=phrase("Usual wrap-up time (seconds)"),
        low=0,
        high=600,
        group=phrase("Call handling"),
        help=phrase("For new queues and for calls that came through no queue"),
    ),
    Number(
        name="page_gone_minutes",
        label=phrase("Agents whose page is gone get no calls after (minutes)"),
        low=0,
        high=120,
        help=phrase("Only with the browser phone; 0 = never"),
    ),
    Flag(
        name="recording_notice",
        label=phrase("Tell callers that the call is recorded"),
    ),
    Number(
        name="keep_recordings_days",
        label=phrase("Delete recordings after (days)"),
        low=0,
        high=36_500,
        help=phrase("From both boxes, for good; the record of the call stays. 0 = never"),
    ),
    Flag(
        name="agent_sees_supervision",
        label=phrase("Show agents when a manager listens"),
        help=phrase("Whispering and barging in are always shown"),
    ),
    Choice(
        name="voice",
        label=phrase("Usual voice"),
        options=tuple((voice.key, voice.en) for voice in VOICES if voice.chinese),
    ),
    *CODES,
    PopAddress(
        name="screen_pop_url",
        label=phrase("Page of another system"),
        required=False,
        wide=True,
        longest=500,
        group=phrase("Other systems"),
        help=phrase(
            "Shown to the agent for a call, such as https://his.example.org/patient?phone={caller}; empty = none. "
            "Names: caller, called, call, direction, line, queue, agent, patient_id, card_number"
        ),
    ),
    Flag(
        name="screen_pop_opens",
        label=phrase("The page opens by itself when the call is answered"),
        help=phrase("Otherwise there is a button beside the call"),
    ),
    Flag(
        name="webhooks_to_public",
        label=phrase("Webhooks may be sent to the Internet"),
        help=phrase("Otherwise only to addresses inside the hospital; never to this box itself"),
    ),
    Number(
        name="staff_idle_minutes",
        label=phrase("Sign agents and managers out after (minutes)"),
        low=10,
        high=1440,
        group=phrase("Sessions"),
    ),
    Number(
        name="administrator_idle_minutes",
        label=phrase("Sign administrators out after (minutes)"),
        low=5,
        high=480,
    ),
)


def read(values: forms.Values) -> Settings:
    """Raises FormError."""
    settings = forms.read(FIELDS, values, Settings)
    clashing = collisions(settings)
    if clashing:
        raise FormError.of(clashing[0], phrase("This code begins like another one"))
    return settings
