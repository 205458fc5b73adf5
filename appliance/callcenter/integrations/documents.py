"""Agents, queues and calls as integrators see them: numbers instead of our ids, every member described."""

from typing import Annotated

import msgspec

from appliance.callcenter.calls.model import Call, PatientBrief
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.showing import view
from appliance.callcenter.integrations.model import Document
from appliance.callcenter.verbs.verb import told
from appliance.clock import Millis


class AgentDocument(msgspec.Struct):
    number: Annotated[str, told("工号", "agent number")]
    name: Annotated[str, told("姓名", "name")]
    state: Annotated[
        str,
        told(
            "状态：signed_out 未签入，ready 就绪，reserved 预占，ringing 振铃，talking 通话，holding 保持，"
            "wrap_up 整理，busy 示忙，not_answering 未应答",
            "signed_out, ready, reserved, ringing, talking, holding, wrap_up, busy or not_answering",
        ),
    ]
    cause: Annotated[str, told("示忙或未应答的原因", "why busy or not answering")]
    since: Annotated[Millis, told("进入该状态的时刻，毫秒", "when the state began, ms since 1970 UTC")]
    until: Annotated[Millis | None, told("该状态的截止时刻", "when the state ends by itself, or null")]
    call: Annotated[str, told("当前通话编号，无则为空", "id of the present call, or empty")]
    phone: Annotated[str, told("web 浏览器软电话，sip 桌面话机", "web (browser phone) or sip (desk phone)")]
    extension: Annotated[str, told("分机号", "extension of the desk phone")]
    phone_online: Annotated[bool, told("话机是否在线", "whether the phone can be reached")]
    queues: Annotated[list[str], told("所在队列的号码", "numbers of the agent's queues")]
    answered: Annotated[int, told("今日接听数", "calls answered today")]
    talk_ms: Annotated[int, told("今日通话毫秒数", "ms of talk today")]
    next_cause: Annotated[str, told("通话后的示忙原因", "why busy after the present call, or empty")]
    wrap_up_types: Annotated[
        list[str],
        told(
            "当前通话（或待填小结）可选的业务类型；空表示全部",
            "business types that the form of the present call offers; empty = all",
        ),
    ]


class QueueDocument(msgspec.Struct):
    number: Annotated[str, told("队列号码", "queue number")]
    name: Annotated[str, told("队列名称", "name")]
    waiting: Annotated[int, told("等待人数", "callers who wait")]
    longest_since: Annotated[Millis | None, told("最早等待者的开始时刻", "since when the first one has waited")]
    ready: Annotated[int, told("就绪坐席数", "agents ready")]
    signed_in: Annotated[int, told("签入坐席数", "agents signed in")]
    answered_today: Annotated[int, told("今日接听数", "answered today")]
    abandoned_today: Annotated[int, told("今日放弃数", "abandoned today")]
    in_level_today: Annotated[int, told("今日达标接听数", "answered within the service level today")]
    service_level_seconds: Annotated[int, told("服务水平秒数", "seconds of the service level")]
    expected_wait_seconds: Annotated[
        int | None,
        told("此刻来电预计等候的秒数；未知为空", "how long who calls now would wait, in seconds; null = unknown"),
    ]
    business_types: Annotated[
        list[str], told("话后小结可选的业务类型；空表示全部", "business types its wrap-up offers; empty = all")
    ]


class CallDocument(msgspec.Struct):
    id: Annotated[str, told("通话编号", "id of the call")]
    direction: Annotated[str, told("inbound 呼入，outbound 呼出，internal 内部", "inbound, outbound or internal")]
    phase: Annotated[
        str,
        told(
            "flow 语音菜单，waiting 排队，ringing 振铃，talking 通话，holding 保持，ended 结束",
            "flow, waiting, ringing, talking, holding or ended",
        ),
    ]
    caller: Annotated[str, told("主叫号码", "calling number")]
    called: Annotated[str, told("被叫号码", "called number")]
    since: Annotated[Millis, told("进入该阶段的时刻", "when the phase began")]
    started: Annotated[Millis, told("通话开始时刻", "when the call began")]
    queue: Annotated[str | None, told("所在队列号码", "number of the last queue")]
    position: Annotated[int | None, told("排队位置，从 1 开始", "place in the queue, from 1")]
    agent: Annotated[str | None, told("坐席工号", "number of the agent who is rung or talks")]
    patient_id: Annotated[int | None, told("已确认的患者", "the patient, when there is no doubt")]
    patients: Annotated[
        list[PatientBrief], told("该号码对应的患者；需要 patients 权限", "patients with this number; needs `patients`")
    ]
    path: Annotated[list[list[str]], told("语音菜单路径：[名称, 按键]", "the way through the menus: [label, key]")]
    trunk: Annotated[str, told("中继名称", "trunk")]
    did_name: Annotated[str, told("呼入线路名称", "name of the dialled line")]
    vip: Annotated[bool, told("是否重点患者", "whether the patient is a VIP")]
    recording: Annotated[bool, told("是否正在录音", "whether it is being recorded")]
    muted: Annotated[bool, told("坐席是否静音", "whether the agent is muted")]


class EndedDocument(msgspec.Struct):
    """What `call.ended` adds to the call."""

    outcome: Annotated[str, told("结果代码", "how it ended: answered, abandoned, no-answer, busy …")]
    hung_up_by: Annotated[
        str,
        told("挂断方：caller、agent、system；failover 表示主备切换", "caller, agent, system, failover (take-over)"),
    ]
    answered_at: Annotated[Millis | None, told("人工接听时刻", "when a person answered")]
    ended_at: Annotated[Millis, told("结束时刻", "when it ended")]
    talk_ms: Annotated[int, told("通话毫秒数", "ms of talk")]
    wait_ms: Annotated[int, told("排队与振铃毫秒数", "ms of waiting and ringing")]


class StateDocument(msgspec.Struct):
    node: Annotated[str, told("节点名称", "name of the node")]
    pbx: Annotated[bool, told("电话系统是否可用", "whether the telephone system is there")]
    seq: Annotated[int, told("最后事件的序号", "number of the last event")]
    now: Annotated[Millis, told("服务器时间", "the server's clock")]
    agents: Annotated[list[AgentDocument], told("坐席", "agents")]
    queues: Annotated[list[QueueDocument], told("队列", "queues")]
    calls: Annotated[list[CallDocument], told("当前通话", "present calls")]


def agent_document(floor: Floor, number: int) -> Document:
    shown = view.agent_document(floor, number)
    known = floor.directory.queues
    queues = sorted(known[queue].number for queue in shown["queues"] if queue in known)
    served = known.get(floor.agent(number).serves)
    types = [*served.business_types] if served is not None else []
    plain = {name: shown[name] for name in AgentDocument.__struct_fields__ if name not in {"queues", "wrap_up_types"}}
    return plain | {"queues": queues, "wrap_up_types": types}


def queue_document(floor: Floor, number: int) -> Document:
    shown = view.queue_document(floor, number)
    return {name: shown[name] for name in QueueDocument.__struct_fields__}


def call_document(floor: Floor, call: Call) -> Document:
    return public_call(floor, view.call_document(floor, call))


def call_documents(floor: Floor) -> list[Document]:
    """All present calls."""
    return [public_call(floor, shown) for shown in view.call_documents(floor, floor.calls.values())]


def public_call(floor: Floor, shown: Document) -> Document:
    """A call as our own pages see it, as integrators may."""
    document = {name: shown[name] for name in CallDocument.__struct_fields__}
    queue = floor.directory.queues.get(shown["queue"] or 0)
    agent = floor.directory.agents.get(shown["agent"] or 0)
    patients = [msgspec.to_builtins(patient) for patient in shown["patients"]]
    return document | {
        "queue": queue.number if queue is not None else None,
        "agent": agent.number if agent is not None else None,
        "patients": patients,
    }


def ended_document(call: Call) -> Document:
    return {
        "outcome": call.outcome.value if call.outcome is not None else "",
        "hung_up_by": call.hung_up_by,
        "answered_at": call.answered_at,
        "ended_at": call.since,
        "talk_ms": call.total_ms("talk", "hold"),
        "wait_ms": call.total_ms("wait", "ring"),
    }
