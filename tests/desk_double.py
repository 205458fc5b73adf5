"""A call centre in memory that speaks the desk's protocol: for socket and island tests without a telephone system."""

import asyncio
import re
from typing import Any

from appliance import clock
from appliance.callcenter.control.actor import Actor
from appliance.callcenter.supervision.figures import wall
from appliance.callcenter.supervision.thresholds import DEFAULTS
from appliance.errors import InvalidError, NumberNotAllowedError, WrongStateError
from appliance.events import Publisher
from appliance.webadmin.desk.protocol import Change, Document

WRAP_UP_MS = 30_000
MINUTE_MS = 60_000
REASONS = (("rest", "小休", "Break", 15), ("meal", "用餐", "Meal", 45), ("training", "培训", "Training", 0))
NAMES = ("王芳", "李娜", "张敏", "刘洋", "陈静", "杨雪")
INITIALS = {1: "wf", 2: "ln", 3: "zm", 4: "ly", 5: "cj", 6: "yx"}
QUEUES = ((1, "预约挂号", "7001"), (2, "健康咨询", "7002"), (3, "人工服务", "7000"))

PATIENTS: dict[int, Document] = {
    1: {
        "id": 1,
        "name": "张伟",
        "sex": "male",
        "birth_date": "1961-03-14",
        "vip": True,
        "department": "心血管内科",
        "relation": "本人",
        "card_number": "A0001234",
    },
    2: {
        "id": 2,
        "name": "王秀英",
        "sex": "female",
        "birth_date": "1963-11-02",
        "vip": False,
        "department": "内分泌科",
        "relation": "配偶",
        "card_number": "A0001235",
    },
}


def new_agent(agent_id: int) -> Document:
    return {
        "id": agent_id,
        "user_id": agent_id,
        "number": f"{1000 + agent_id}",
        "name": NAMES[(agent_id - 1) % len(NAMES)],
        "state": "signed_out",
        "cause": "",
        "since": clock.now_ms(),
        "until": None,
        "call": "",
        "phone": "web",
        "extension": f"800{agent_id}",
        "phone_online": False,
        "page_online": True,
        "queues": [1, 2, 3],
        "answered": 0,
        "talk_ms": 0,
        "next_cause": "",
        "help": None,
        "remote": False,
        "outside_number": "",
        "limit_at": None,
    }


def new_reason(code: str, chinese: str, english: str, limit: int) -> Document:
    limits = {"limit_minutes": limit, "day_limit_minutes": 0}
    return {"code": code, "zh_CN": chinese, "en": english, "tone": "orange", "kind": "break", "active": True, **limits}


def new_queue(queue_id: int, name: str, number: str) -> Document:
    return {
        "id": queue_id,
        "name": name,
        "number": number,
        "waiting": 0,
        "longest_since": None,
        "ready": 0,
        "signed_in": 0,
        "answered_today": 0,
        "abandoned_today": 0,
        "in_level_today": 0,
        "service_level_seconds": 20,
        "expected_wait_seconds": 0,
    }


def new_call(call_id: str, **what: Any) -> Document:
    now = clock.now_ms()
    call: Document = {
        "id": call_id,
        "direction": "inbound",
        "caller": "13800138000",
        "called": "12320",
        "phase": "waiting",
        "since": now,
        "started": now,
        "queue": 1,
        "position": 1,
        "waiting_since": now,
        "agent": None,
        "patient_id": None,
        "patients": [],
        "path": [["主菜单", "1"]],
        "trunk": "运营商",
        "did_name": "总机",
        "vip": False,
        "recording": False,
        "muted": False,
        "consult": None,
        "members": [],
        "record_paused": False,
        "draft": None,
        "help": None,
    }
    return call | what


class DeskDouble:
    """Keeps the same promises as call control towards the sockets; nothing rings anywhere."""

    def __init__(self, agents: int = 6) -> None:
        self.changes = Publisher[Change]()
        self.agents = {number: new_agent(number) for number in range(1, agents + 1)}
        self.queues = {queue[0]: new_queue(*queue) for queue in QUEUES}
        self.calls: dict[str, Document] = {}
        self.repairs: Document = {"counts": {}, "last": []}
        self.tabs: dict[int, str] = {}
        self.pages: dict[int, set[object]] = {}
        self.wrap_ups: dict[int, Document] = {}
        self.free = asyncio.Event()
        """Cleared: intents wait."""
        self.free.set()
        self.performed: list[tuple[str, str, Document]] = []
        self._seq = 100

    # --- what the sockets see ---

    def viewer_snapshot(self, actor: Actor) -> Document:
        calls = list(self.calls.values())
        if actor.role == "agent":
            calls = [call for call in calls if call["agent"] == actor.agent_id]
        seat: Document = {"supervisions": [], "manager_phone": False, "messages": [], "looking": []}
        return (seat if actor.role == "manager" else {}) | {
            "me": self.me(actor.agent_id) if actor.agent_id else None,
            "agents": list(self.agents.values()),
            "queues": list(self.queues.values()),
            "pause_reasons": [new_reason(*reason) for reason in REASONS],
            "revision": 1,
            "calls": calls,
            "node": "hcc1",
            "pbx": True,
            "repairs": None if actor.role == "agent" else self.repairs,
        }

    def page_heard(self, agent: int, page: object) -> None:
        self.pages.setdefault(agent, set()).add(page)

    def page_closed(self, agent: int, page: object) -> None:
        self.pages.get(agent, set()).discard(page)

    async def wall_allowed(self, token: str) -> bool:
        return token == "a-valid-token-of-a-wallboard"

    def wall_document(self) -> Document:
        states = [agent["state"] for agent in self.agents.values()]
        phases = [call["phase"] for call in self.calls.values()]
        return wall(self.queues.values(), states, phases, DEFAULTS, clock.now_ms())

    async def perform(self, actor: Actor, verb: str, arguments: Document) -> Document:
        self.performed.append((actor.login, verb, arguments))
        await self.free.wait()
        if verb == "manager_phone":
            return {"sip": None}
        intent = getattr(self, f"do_{verb}", None)
        if intent is None or actor.agent_id is None:
            raise InvalidError(verb)
        return intent(actor.agent_id, **arguments) or {}

    def me(self, agent_id: int) -> Document:
        agent = self.agents[agent_id]
        sip = {"user": f"web{agent_id}", "secret": "s3cret", "domain": "hcc.test"}
        return agent | {
            "call_detail": self.calls.get(agent["call"]),
            "wrap_up": self.wrap_ups.get(agent_id),
            "sip": sip if agent["phone"] == "web" and agent["state"] != "signed_out" else None,
            "tab": self.tabs.get(agent_id, ""),
        }

    # --- intents ---

    def do_sign_in(self, agent_id: int, phone: str, number: str = "") -> None:
        self.set_agent(agent_id, state="ready", cause="", phone=phone, phone_online=True)

    def do_take_over(self, agent_id: int, tab: str) -> None:
        self.tabs[agent_id] = tab
        self.publish_me(agent_id)

    def do_sign_out(self, agent_id: int, *, after_call: bool = False) -> None:
        if after_call:
            self.set_agent(agent_id, next_cause="sign_out")
            return
        self.tabs.pop(agent_id, None)
        self.set_agent(agent_id, state="signed_out", phone_online=False)

    def do_ready(self, agent_id: int) -> None:
        if self.agents[agent_id]["call"] and self.agents[agent_id]["next_cause"]:
            self.set_agent(agent_id, next_cause="")
            return
        if self.agents[agent_id]["call"] or agent_id in self.wrap_ups:
            raise WrongStateError
        self.set_agent(agent_id, state="ready", cause="", until=None)

    def do_busy(self, agent_id: int, cause: str) -> None:
        if self.agents[agent_id]["call"] or agent_id in self.wrap_ups:
            self.set_agent(agent_id, next_cause=cause)
        else:
            minutes = {code: limit for code, _, _, limit in REASONS}[cause]
            limit_at = clock.now_ms() + minutes * MINUTE_MS if minutes else None
            self.set_agent(agent_id, state="busy", cause=cause, limit_at=limit_at)

    def do_dial(self, agent_id: int, number: str, patient_id: int | None = None) -> Document:
        if not re.fullmatch(r"[0-9*#]{1,32}", number):
            raise NumberNotAllowedError
        call_id = self.ring(
            agent_id, direction="outbound", caller="8001", called=number, patient_id=patient_id, path=[]
        )
        return {"call": call_id}

    def do_answer(self, agent_id: int) -> None:
        self.talk(agent_id)

    def do_reject(self, agent_id: int) -> None:
        self.end(agent_id, wrap_up=False)

    def do_hang_up(self, agent_id: int) -> None:
        self.end(agent_id)

    def do_hold(self, agent_id: int) -> None:
        self._talking(agent_id, "holding")

    def do_unhold(self, agent_id: int) -> None:
        self._talking(agent_id, "talking")

    def do_mute(self, agent_id: int, on: bool) -> None:
        self.set_call(self.agents[agent_id]["call"], muted=on)

    def do_dtmf(self, agent_id: int, digits: str) -> None:
        if not self.agents[agent_id]["call"] or not digits:
            raise WrongStateError

    def do_transfer(self, agent_id: int, target: str, kind: str = "") -> None:
        self.end(agent_id)

    def do_targets(self, agent_id: int) -> Document:
        agents = [
            {"kind": "agent", "agent": key, "number": one["number"], "name": one["name"], "initials": INITIALS[key]}
            for key, one in self.agents.items()
        ]
        queues = [{"kind": "queue", "queue": key, "number": number, "name": name} for key, name, number in QUEUES]
        return {
            "targets": [*agents, *queues, {"kind": "extension", "number": "8025", "name": "药房", "state": "online"}]
        }

    def do_consult(self, agent_id: int, target: str, kind: str = "") -> None:
        asked = next(key for key, one in self.agents.items() if one["number"] == target)
        consult = {"by": agent_id, "by_name": self.agents[agent_id]["name"], "kind": kind, "target": target}
        consult |= {"name": self.agents[asked]["name"], "agent": asked, "state": "ringing", "since": clock.now_ms()}
        call = self.agents[agent_id]["call"]
        self.set_agent(asked, state="talking", call=call)
        self.set_agent(agent_id, state="holding")
        self.change_parties(call, consult=consult, phase="holding")

    def do_swap(self, agent_id: int) -> None:
        call = self.agents[agent_id]["call"]
        consult = self.calls[call]["consult"]
        self.change_parties(call, consult=consult | {"state": "held"}, phase="talking")

    def do_merge(self, agent_id: int) -> None:
        call = self.agents[agent_id]["call"]
        consult = self.calls[call]["consult"]
        member = {"id": f"{call}-9", "agent": consult["agent"], "party": consult["target"], "name": consult["name"]}
        member |= {"state": "talking", "muted": False, "since": clock.now_ms()}
        self.change_parties(call, consult=None, members=[member], phase="talking")

    def do_record(self, agent_id: int, on: bool) -> None:
        self.set_call(self.agents[agent_id]["call"], record_paused=not on)

    def do_help(self, agent_id: int, note: str) -> None:
        self.set_agent(agent_id, help={"note": note, "since": clock.now_ms(), "call": self.agents[agent_id]["call"]})

    def do_help_done(self, agent_id: int) -> None:
        self.set_agent(agent_id, help=None)

    def do_note(self, agent_id: int, notes: str, business_type: str = "", outcome: str = "") -> None:
        draft = {"by": agent_id, "notes": notes, "business_type": business_type, "outcome": outcome}
        self.set_call(self.agents[agent_id]["call"], draft=draft)

    def change_parties(self, call_id: str, **what: Any) -> None:
        """A change of a call in which several agents take part."""
        call = self.calls[call_id] = self.calls[call_id] | what
        there = [key for key, one in self.agents.items() if one["call"] == call_id]
        self.publish({"call": call}, to=there)
        for agent in there:
            self.publish_me(agent)

    def do_propose_block(self, agent_id: int, reason: str, call: str = "") -> None:
        assert call in {self.agents[agent_id]["call"], self.wrap_ups.get(agent_id, {}).get("call")}

    def do_choose_patient(self, agent_id: int, patient_id: int | None) -> None:
        self.set_call(self.agents[agent_id]["call"], patient_id=patient_id)

    def do_wrap_up(
        self,
        agent_id: int,
        business_type: str,
        outcome: str,
        notes: str,
        patient_id: int | None = None,
        call: str = "",
        call_again_at: int | None = None,
    ) -> None:
        if self.wrap_ups.pop(agent_id, None) is not None:
            cause = self.agents[agent_id]["next_cause"]
            self.set_agent(agent_id, state="busy" if cause else "ready", cause=cause, next_cause="", until=None)

    def do_extend_wrap_up(self, agent_id: int, seconds: int) -> None:
        owed = self.wrap_ups[agent_id]
        owed["deadline"] += seconds * 1000
        self.set_agent(agent_id, until=owed["deadline"])

    # --- what happens to callers ---

    def ring(self, agent_id: int, **what: Any) -> str:
        call_id = what.pop("call_id", f"c{len(self.performed)}x{self._seq}")
        self.calls[call_id] = new_call(call_id, phase="ringing", agent=agent_id, position=None, **what)
        self.set_agent(agent_id, state="ringing", call=call_id)
        self.publish({"call": self.calls[call_id]}, to=[agent_id])
        return call_id

    def talk(self, agent_id: int) -> None:
        self.set_call(self.agents[agent_id]["call"], phase="talking", since=clock.now_ms(), recording=True)
        agent = self.agents[agent_id]
        self.set_agent(agent_id, state="talking", answered=agent["answered"] + 1)

    def end(self, agent_id: int, *, wrap_up: bool = True) -> None:
        call_id = self.agents[agent_id]["call"]
        self.calls.pop(call_id)
        self.publish({"call_gone": call_id}, to=[agent_id])
        if not wrap_up:
            self.set_agent(agent_id, state="busy", cause="rejected", call="")
            return
        deadline = clock.now_ms() + WRAP_UP_MS
        self.wrap_ups[agent_id] = {"call": call_id, "deadline": deadline, "saved": False}
        self.set_agent(agent_id, state="wrap_up", call="", until=deadline)

    def wait(self, call_id: str, **what: Any) -> None:
        self.calls[call_id] = new_call(call_id, **what)
        self.publish({"call": self.calls[call_id]}, to=[])

    def _talking(self, agent_id: int, phase: str) -> None:
        if not self.agents[agent_id]["call"]:
            raise WrongStateError
        self.set_call(self.agents[agent_id]["call"], phase=phase)
        self.set_agent(agent_id, state=phase)

    # --- publishing ---

    def set_agent(self, agent_id: int, **what: Any) -> None:
        agent = self.agents[agent_id]
        if what.get("state", agent["state"]) != agent["state"]:
            what["since"] = clock.now_ms()
        self.agents[agent_id] = agent | what
        self.publish({"agent": self.agents[agent_id]})
        self.publish_me(agent_id)

    def set_queue(self, queue_id: int, **what: Any) -> None:
        self.queues[queue_id] = self.queues[queue_id] | what
        self.publish({"queue": self.queues[queue_id]})

    def set_call(self, call_id: str, **what: Any) -> None:
        if call_id not in self.calls:
            raise WrongStateError
        call = self.calls[call_id] = self.calls[call_id] | what
        self.publish({"call": call}, to=[call["agent"]] if call["agent"] else [])
        if call["agent"]:
            self.publish_me(call["agent"])

    def publish_me(self, agent_id: int) -> None:
        self.publish({"me": self.me(agent_id)}, to=[agent_id])

    def publish(self, body: Document, to: list[int] | None = None) -> None:
        self._seq += 1
        self.changes.publish({"seq": self._seq, "to": to, **body})
