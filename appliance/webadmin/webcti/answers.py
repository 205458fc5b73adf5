"""What WebCTI answers, as types: the description and the manual are made from them."""

from typing import Annotated, Any

import msgspec

from appliance.callcenter.integrations.documents import AgentDocument, CallDocument, QueueDocument, StateDocument
from appliance.callcenter.verbs.verb import told
from appliance.clock import Millis


class ErrorBody(msgspec.Struct):
    code: Annotated[str, told("固定的错误代码", "stable code of the error")]
    message: Annotated[str, told("给人看的说明，语言由 Accept-Language 决定", "for people, in the language asked for")]
    field: Annotated[str | None, told("有误的参数", "the argument at fault")]


class ErrorAnswer(msgspec.Struct):
    ok: Annotated[bool, told("总是 false", "always false")]
    error: Annotated[ErrorBody, told("错误", "what went wrong")]


class KeyAnswer(msgspec.Struct):
    name: Annotated[str, told("密钥名称", "name of the key")]
    scopes: Annotated[list[str], told("权限", "scopes")]
    agent: Annotated[str | None, told("令牌所属坐席", "the agent of a token")]
    agents: Annotated[list[str], told("限定的坐席，空为全部", "agents it is limited to, empty = all")]
    queues: Annotated[list[str], told("限定的队列，空为全部", "queues it is limited to, empty = all")]
    expires_on: Annotated[str | None, told("有效期至", "last day on which it is good")]
    per_second: Annotated[int, told("每秒请求数上限", "requests a second")]
    lease_seconds: Annotated[int, told("坐席租约秒数", "seconds of the lease of agents")]
    seq: Annotated[int, told("最后事件的序号", "number of the last event")]


class AgentsAnswer(msgspec.Struct):
    agents: Annotated[list[AgentDocument], told("坐席", "agents")]


class QueuesAnswer(msgspec.Struct):
    queues: Annotated[list[QueueDocument], told("队列", "queues")]


class CallsAnswer(msgspec.Struct):
    calls: Annotated[list[CallDocument], told("当前通话", "present calls")]


class TokenRequest(msgspec.Struct):
    agent: Annotated[str, told("令牌所属坐席的工号", "number of the agent whose page gets the token", example="1001")]
    seconds: Annotated[int, told("有效秒数，30 至 43200", "how long it is good, 30 to 43200 seconds")] = 3600


class TokenAnswer(msgspec.Struct):
    token: Annotated[str, told("令牌", "the token")]
    expires_at: Annotated[Millis, told("失效时刻", "when it ends")]
    agent: Annotated[str, told("工号", "the agent's number")]


class LeaseAnswer(msgspec.Struct):
    lease_seconds: Annotated[int, told("租约秒数", "seconds until it must be renewed")]
    agent: Annotated[AgentDocument, told("坐席", "the agent")]


class EventDocument(msgspec.Struct):
    seq: Annotated[int, told("序号，逐条加一", "number; rises by one from event to event")]
    at: Annotated[Millis, told("发生时刻", "when it happened")]
    type: Annotated[str, told("事件类型", "type of the event")]
    data: Annotated[dict[str, Any], told("内容，见事件表", "what it says, see the table of events")]


class EventsAnswer(msgspec.Struct, omit_defaults=True):
    seq: Annotated[int, told("下次请求的 since", "the `since` of the next request")]
    resync: Annotated[
        bool, told("true 表示事件已不完整，请使用 state 重新开始", "events are lost: begin anew with `state`")
    ]
    events: Annotated[list[EventDocument], told("事件", "what happened")]
    state: Annotated[
        StateDocument | None, told("全部状态（首次请求或 resync 时）", "everything, at the first request and at resync")
    ] = None
