"""A department as a form."""

from appliance.callcenter import forms
from appliance.callcenter.departments.model import DepartmentDraft
from appliance.callcenter.forms import Flag, Number, References, Telephone, Text, phrase

FIELDS = (
    Text(name="name", label=phrase("Department name")),
    Telephone(
        name="telephone",
        label=phrase("Telephone"),
        required=False,
        help=phrase("Shown to agents, who may have to ask"),
    ),
    Number(
        name="due_hours",
        label=phrase("Usual time for a work order (hours)"),
        low=1,
        high=720,
        default=24,
        help=phrase("Urgent orders get half of it, critical ones at most two hours"),
    ),
    Flag(
        name="active", label=phrase("Takes work orders"), help=phrase("Off: it keeps its orders, but gets no new ones")
    ),
    References(
        name="user_ids",
        label=phrase("People"),
        group=phrase("Who deals with its work orders"),
        help=phrase("Department staff see the orders of their departments, and nothing else"),
    ),
)


def read(values: forms.Values) -> DepartmentDraft:
    """Raises FormError."""
    return forms.read(FIELDS, values, DepartmentDraft)
