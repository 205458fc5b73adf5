"""Pages of skills."""

from typing import Any

from appliance.callcenter.forms import Values, phrase
from appliance.callcenter.skills import forms
from appliance.callcenter.skills.model import Skill, SkillDraft
from appliance.callcenter.skills.service import SkillService
from appliance.webadmin.admin.records import Column, Resource, record_routes
from appliance.webadmin.permissions import Permission, needs

MANAGE = needs(Permission.QUEUES_MANAGE)


class Skills(Resource[Skill, SkillDraft]):
    path = "/skills"
    title = phrase("Skills")
    new = phrase("New skill")
    icon = "star"
    empty = phrase("No skill yet. Name what callers may need: a language, a department, complaints.")
    about = phrase("What some agents can do. Agents have skills at levels 1 to 10; queues and flows ask for them.")
    rows = "skills.html"
    fields = forms.FIELDS
    columns = (
        Column(phrase("Skill name"), "name"),
        Column(phrase("Description")),
        Column(phrase("Agents"), narrow=True),
    )
    export = ("name", "description", "agents")

    def read(self, values: Values) -> SkillDraft:
        return forms.read(values)


def routes(skills: SkillService) -> list[Any]:
    return record_routes(Skills(skills), MANAGE)
