"""What the pages' program answers to the desktop's work side, from memory."""

import json
from typing import Any

from appliance import clock
from appliance.webadmin.base import Handler
from appliance.webadmin.permissions import PUBLIC

HOUR_MS = 3_600_000

SETUP = {
    "hospital": "市第一人民医院",
    "scripts": [
        {"id": 1, "title": "开场白", "business_type": "", "queue": None, "text": "您好，{hospital}，工号 {number}。"},
        {"id": 2, "title": "核对身份", "business_type": "", "queue": 1, "text": "请问您是{patient}本人吗？"},
        {"id": 3, "title": "安抚", "business_type": "complaint", "queue": None, "text": "{patient}，非常抱歉。"},
        {"id": 4, "title": "体检须知", "business_type": "", "queue": 3, "text": "请空腹。"},
    ],
    "departments": [{"id": 1, "name": "心血管内科", "telephone": "8101"}, {"id": 2, "name": "医务科", "telephone": ""}],
}


def lists() -> dict[str, Any]:
    now = clock.now_ms()
    return {
        "calls": [
            {
                "id": "c1",
                "direction": "inbound",
                "number": "13800138000",
                "patient": "张伟",
                "patient_id": 1,
                "at": now - HOUR_MS,
                "talk_ms": 61_000,
                "outcome": "answered",
                "business_type": "enquiry",
            }
        ],
        "again": [
            {
                "id": 5,
                "call": "c0",
                "number": "13900001111",
                "patient": "",
                "patient_id": None,
                "at": now - 60_000,
                "notes": "问化验结果",
            }
        ],
        "orders": [
            {
                "id": 12,
                "call": "",
                "business_type": "complaint",
                "urgency": "normal",
                "status": "answered",
                "department": "医务科",
                "text": "病历复印",
                "patient": "王秀英",
                "due_at": now + HOUR_MS,
                "overdue": False,
                "changed_at": now,
            }
        ],
    }


class WorkPages:
    """State of one harness."""

    def __init__(self) -> None:
        self.lists = lists()
        self.created: list[dict[str, str]] = []
        self.done: list[str] = []

    def routes(self) -> list[Any]:
        given = {"pages": self}
        return [
            (r"/desktop/setup.json", Setup, given),
            (r"/desktop/lists.json", Lists, given),
            (r"/desktop/call/(\w+).json", OwedCall, given),
            (r"/desktop/again/(\d+)", Again, given),
            (r"/orders/quick.json", QuickOrder, given),
        ]


class WorkPage(Handler):
    access = PUBLIC

    def initialize(self, pages: WorkPages) -> None:
        self.pages = pages

    def answer(self, document: object) -> None:
        self.set_header("Content-Type", "application/json")
        self.write(json.dumps(document))


class Setup(WorkPage):
    def get(self) -> None:
        self.answer(SETUP)


class Lists(WorkPage):
    def get(self) -> None:
        self.answer(self.pages.lists)


class OwedCall(WorkPage):
    def get(self, call: str) -> None:
        known = {"direction": "inbound", "caller": "13700007777", "called": "12320", "phase": "ended", "queue": 1}
        self.answer({"id": call, "patient_id": None, "patients": [], "path": [], **known})


class Again(WorkPage):
    def post(self, key: str) -> None:
        self.pages.done.append(key)
        self.pages.lists["again"] = []
        self.answer({})


class QuickOrder(WorkPage):
    def post(self) -> None:
        given = json.loads(self.request.body)
        self.pages.created.append(given)
        made = self.pages.lists["orders"][0] | {"id": 13, "call": given["interaction_id"], "department": "心血管内科"}
        self.pages.lists["orders"].append(made)
        self.answer(made)
