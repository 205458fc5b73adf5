"""A skill as a form."""

from appliance.callcenter import forms
from appliance.callcenter.forms import Text, phrase
from appliance.callcenter.skills.model import SkillDraft

FIELDS = (
    Text(name="name", label=phrase("Skill name"), help=phrase("Such as a language, a department, complaints")),
    Text(name="description", label=phrase("Description"), required=False, longest=255, wide=True),
)


def read(values: forms.Values) -> SkillDraft:
    """Raises FormError."""
    return forms.read(FIELDS, values, SkillDraft)
