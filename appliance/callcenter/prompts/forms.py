"""Prompts as forms."""

from dataclasses import dataclass, replace

from appliance.callcenter import forms
from appliance.callcenter.forms import Choice, Text, phrase
from appliance.callcenter.prompts.model import PromptDraft, PromptKind
from appliance.callcenter.prompts.speech import LONGEST_TEXT, check
from appliance.callcenter.prompts.voices import VOICES
from appliance.errors import UserError

_NAME = Text(
    name="name",
    label=phrase("Prompt name"),
    pattern=r"[^:]+",
    pattern_message=phrase("No colon, please"),
    help=phrase("Flows call the prompt by this name"),
)
_VOICE_OPTIONS = tuple((voice.key, voice.en) for voice in VOICES)

SPEECH_FIELDS = (
    _NAME,
    Choice(name="voice", label=phrase("Voice"), options=_VOICE_OPTIONS),
    Text(
        name="text",
        label=phrase("Text to speak"),
        longest=LONGEST_TEXT,
        lines=4,
        wide=True,
        help=phrase("At most 500 characters; numbers of five and more digits are read one by one"),
    ),
)
UPLOAD_FIELDS = (
    _NAME,
    Text(
        name="text",
        label=phrase("What is said"),
        required=False,
        longest=LONGEST_TEXT,
        lines=3,
        wide=True,
        help=phrase("For colleagues who cannot listen right now"),
    ),
)


@dataclass(frozen=True)
class _Upload:
    name: str
    text: str


def read_speech(values: forms.Values) -> PromptDraft:
    """Raises FormError."""
    draft = replace(forms.read(SPEECH_FIELDS, values, PromptDraft), kind=PromptKind.SPEECH)
    refuse_unspeakable(draft.text, draft.voice)
    return draft


def read_upload(values: forms.Values) -> PromptDraft:
    """Raises FormError."""
    upload = forms.read(UPLOAD_FIELDS, values, _Upload)
    return PromptDraft(upload.name, upload.text, "", PromptKind.UPLOAD)


def refuse_unspeakable(text: str, voice: str) -> None:
    """Raises UserError for the field of the text."""
    try:
        check(text, voice, 1.0)
    except UserError as error:
        error.field = "text"
        raise
