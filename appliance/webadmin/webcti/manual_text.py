"""What the manuals of WebCTI say around the tables that are made from the code."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Words:
    zh: bool
    described: str
    optional: str
    one_of: str
    verb_head: tuple[str, ...]
    address_head: tuple[str, ...]
    event_head: tuple[str, ...]
    member_head: tuple[str, ...]
    view_head: tuple[str, ...]
    documents: Mapping[str, str]
    text: str


def _text(language: str) -> str:
    return Path(__file__).with_name(f"manual.{language}.md").read_text(encoding="utf-8")


EN = Words(
    zh=False,
    described="description",
    optional=" (optional)",
    one_of=": ",
    verb_head=("verb", "scope", "what it does", "arguments"),
    address_head=("address", "scope", "what it gives", "parameters"),
    event_head=("type", "when"),
    member_head=("member", "meaning"),
    view_head=("view", "columns"),
    documents={"AgentDocument": "Agent", "QueueDocument": "Queue", "CallDocument": "Call"},
    text=_text("en"),
)

ZH = Words(
    zh=True,
    described="x-description-zh",
    optional="（可选）",
    one_of="：",
    verb_head=("动作", "权限", "作用", "参数"),
    address_head=("地址", "权限", "内容", "参数"),
    event_head=("类型", "含义"),
    member_head=("成员", "含义"),
    view_head=("视图", "列"),
    documents={"AgentDocument": "坐席", "QueueDocument": "队列", "CallDocument": "通话"},
    text=_text("zh"),
)
