"""Flows, to be looked at and listened to."""

from dataclasses import dataclass
from typing import Any

from appliance.callcenter.forms import phrase
from appliance.callcenter.ivr.drawing import NODE_HEIGHT, NODE_WIDTH, draw
from appliance.callcenter.ivr.flow_service import FlowService
from appliance.callcenter.ivr.model import Condition, Flow, Hours, Node, Queue, prompts_of
from appliance.callcenter.listing import EVERYTHING
from appliance.callcenter.prompts.catalogue import system_prompt
from appliance.callcenter.prompts.service import PromptService
from appliance.webadmin.admin.navigation import WAYS
from appliance.webadmin.admin.page import Page
from appliance.webadmin.permissions import Permission, needs

KINDS = {
    "Play": ("play", phrase("Announcement"), "speakerphone"),
    "Menu": ("menu", phrase("Key menu"), "dialpad"),
    "Collect": ("collect", phrase("Enter digits"), "keyboard"),
    "Condition": ("condition", phrase("Condition"), "git-branch"),
    "Queue": ("queue", phrase("Queue"), "users-group"),
    "HangUp": ("hangup", phrase("Hang up"), "phone-off"),
}
DAYS = (
    phrase("Mon"),
    phrase("Tue"),
    phrase("Wed"),
    phrase("Thu"),
    phrase("Fri"),
    phrase("Sat"),
    phrase("Sun"),
)
SYSTEM = "system:"


@dataclass(frozen=True)
class Said:
    """A prompt of a node: what it says and where it can be heard."""

    name: str
    text: str
    address: str


@dataclass(frozen=True)
class NodeView:
    id: str
    css: str
    kind: str
    icon: str
    label: str
    short: str
    detail: str
    says: tuple[Said, ...]


def kind_of(node: Node) -> tuple[str, str, str]:
    """(css name, message id, icon) of a node's kind."""
    return KINDS[type(node).__name__]


def shortened(label: str, widest: int = 16) -> str:
    """As much of a label as fits into a box; a Chinese character is as wide as two Latin ones."""
    width = 0
    for place, sign in enumerate(label):
        width += 1 if sign.isascii() else 2
        if width > widest:
            return label[: max(place - 1, 1)] + "…"
    return label


class FlowList(Page):
    access = needs(Permission.FLOWS_VIEW)

    def initialize(self, flows: FlowService) -> None:
        self._flows = flows

    async def get(self) -> None:
        flows = await self._flows.summaries()
        await self.render("flows.html", title=self.locale.translate("Flows"), flows=flows)


class FlowPage(Page):
    access = needs(Permission.FLOWS_VIEW)

    def initialize(self, flows: FlowService, prompts: PromptService) -> None:
        self._flows = flows
        self._prompts = prompts

    async def get(self, flow_id: str) -> None:
        summary, flow = await self._flows.published(int(flow_id))
        await self.render(
            "flow.html",
            title=summary.name,
            summary=summary,
            flow=flow,
            drawing=draw(flow) if flow is not None else None,
            nodes=await self._views(flow) if flow is not None else {},
            node_width=NODE_WIDTH,
            node_height=NODE_HEIGHT,
            way=self._way,
        )

    async def _views(self, flow: Flow) -> dict[str, NodeView]:
        prompts = {one.name: one for one in (await self._prompts.find(EVERYTHING)).rows}
        views = {}
        for name, node in flow.nodes.items():
            css, kind, icon = kind_of(node)
            views[name] = NodeView(
                id=name,
                css=css,
                kind=self.locale.translate(kind),
                icon=icon,
                label=node.label,
                short=shortened(node.label),
                detail=self._detail(node),
                says=tuple(self._said(prompt, prompts) for prompt in dict.fromkeys(prompts_of(node))),
            )
        return views

    def _said(self, name: str, prompts: dict[str, Any]) -> Said:
        if name.startswith(SYSTEM):
            key = name.removeprefix(SYSTEM)
            try:
                text = system_prompt(key).text(self.locale.code)
            except KeyError:
                return Said(name, "", "")
            return Said(self.locale.translate("Built in"), text, f"/prompts/system/{key}")
        prompt = prompts.get(name)
        if prompt is None:
            return Said(name, "", "")
        return Said(name, prompt.text, f"/prompts/{prompt.id}/audio" if prompt.file else "")

    def _detail(self, node: Node) -> str:
        if isinstance(node, Queue):
            return self.locale.translate("Queue %(number)s") % {"number": node.queue}
        if isinstance(node, Condition):
            return self.locale.translate("VIP caller") if node.vip else "；".join(map(self._hours, node.hours))
        return ""

    def _hours(self, hours: Hours) -> str:
        days = "、".join(self.locale.translate(DAYS[day - 1]) for day in hours.days if 1 <= day <= 7)
        return f"{days} {hours.start}–{hours.end}"

    def _way(self, keys: tuple[str, ...]) -> str:
        return " ".join(self.locale.translate(WAYS[key]) if WAYS.get(key) else key for key in keys)


def routes(flows: FlowService, prompts: PromptService) -> list[Any]:
    return [
        (r"/flows", FlowList, {"flows": flows}),
        (r"/flows/([0-9]{1,18})", FlowPage, {"flows": flows, "prompts": prompts}),
    ]
