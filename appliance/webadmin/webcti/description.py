"""Every address of WebCTI as data, and the OpenAPI 3.1 description made from them and from the verbs."""

from dataclasses import dataclass
from typing import Any

import msgspec

from appliance.callcenter.integrations.documents import AgentDocument, CallDocument, StateDocument
from appliance.callcenter.integrations.model import Scope
from appliance.callcenter.verbs.catalogue import VERBS
from appliance.callcenter.verbs.verb import Verb
from appliance.webadmin.webcti import answers

type Schema = dict[str, Any]

REF = "#/components/schemas/{name}"


@dataclass(frozen=True)
class Parameter:
    """In the path when the address names it, else in the query."""

    name: str
    zh: str
    en: str
    schema: Schema


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    zh: str
    en: str
    answer: type[msgspec.Struct] | None
    scope: Scope | None = None
    parameters: tuple[Parameter, ...] = ()
    request: type[msgspec.Struct] | None = None
    kind: str = "application/json"


TEXT: Schema = {"type": "string", "maxLength": 1000}
AGENT = Parameter("number", "工号", "agent number", {"type": "string", "pattern": "^[0-9A-Za-z]{1,16}$"})
SINCE = Parameter(
    "since", "已收到的最后序号", "number of the last event that you have", {"type": "integer", "minimum": 0}
)
AGENTS = Parameter("agents", "仅这些工号，逗号分隔", "only these agents, separated by commas", TEXT)
QUEUES = Parameter("queues", "仅这些队列，逗号分隔", "only these queues, separated by commas", TEXT)
TYPES = Parameter("types", "仅这些事件类型或其开头", "only these types of events, or their beginnings", TEXT)
WAIT = Parameter(
    "wait", "最多等待的秒数", "how long to wait for an event, seconds", {"type": "integer", "minimum": 0, "maximum": 60}
)
LIMIT = Parameter(
    "limit", "最多返回的事件数", "how many events at most", {"type": "integer", "minimum": 0, "maximum": 500}
)
FILTERS = (SINCE, AGENTS, QUEUES, TYPES)
CALL = Parameter("id", "通话编号", "id of the call", {"type": "string", "pattern": "^[0-9a-z]{1,32}$"})

STATE = Operation(
    "get", "/state", "全部状态", "Everything at once, with the place in the log", StateDocument, Scope.READ
)
OPERATIONS = (
    Operation("get", "/key", "本密钥的权限", "What the key that asks may do", answers.KeyAnswer),
    STATE,
    Operation("get", "/agents", "坐席列表", "Agents", answers.AgentsAnswer, Scope.READ),
    Operation("get", "/agents/{number}", "单个坐席", "One agent", AgentDocument, Scope.READ, (AGENT,)),
    Operation("get", "/queues", "队列列表", "Queues", answers.QueuesAnswer, Scope.READ),
    Operation("get", "/calls", "当前通话", "Present calls", answers.CallsAnswer, Scope.READ),
    Operation("get", "/calls/{id}", "单个通话", "One call", CallDocument, Scope.READ, (CALL,)),
    Operation(
        "get",
        "/events",
        "长轮询取事件",
        "Events by long polling",
        answers.EventsAnswer,
        Scope.EVENTS,
        (*FILTERS, WAIT, LIMIT),
    ),
    Operation(
        "get",
        "/events/stream",
        "事件流（SSE）",
        "Events as a stream (server-sent events)",
        None,
        Scope.EVENTS,
        FILTERS,
        kind="text/event-stream",
    ),
    Operation(
        "get", "/events/ws", "事件与命令（WebSocket）", "Events and verbs over a WebSocket", None, Scope.EVENTS, FILTERS
    ),
    Operation(
        "post",
        "/agents/{number}/lease",
        "续租",
        "Renew the lease of an agent",
        answers.LeaseAnswer,
        Scope.AGENT,
        (AGENT,),
    ),
    Operation(
        "post",
        "/tokens",
        "为网页生成短期令牌",
        "A short-lived token for a web page of one agent",
        answers.TokenAnswer,
        request=answers.TokenRequest,
    ),
)


def offered() -> list[Verb[Any]]:
    return [verb for verb in VERBS if verb.offered]


def _components(kind: type[msgspec.Struct], prefix: str, into: dict[str, Schema]) -> Schema:
    """The type's own schema; those it refers to are put `into` the description, named with `prefix`."""
    template = "#/components/schemas/" + prefix + "{name}"
    _, found = msgspec.json.schema_components([kind], ref_template=template)
    into.update({prefix + name: schema for name, schema in found.items() if name != kind.__name__})
    own: Schema = found[kind.__name__]
    return own


def verb_schemas(verb: Verb[Any], into: dict[str, Schema]) -> tuple[Schema, Schema]:
    """What is sent and what is answered."""
    arguments = _components(verb.arguments, f"{verb.name}.", into)
    answer = _components(verb.answer, f"{verb.name}.", into)
    agent = {
        "type": "string",
        "description": "agent number; a token's own agent when left out",
        "x-description-zh": "工号；使用令牌时可省略",
        "maxLength": 16,
    }
    request = {
        "type": "object",
        "properties": {"agent": agent}
        | {name: told for name, told in arguments["properties"].items() if name != "agent"},
        "required": arguments.get("required", []),
    }
    lease = {"anyOf": [{"type": "integer"}, {"type": "null"}], "description": "renew within so many seconds, or null"}
    reply = {
        "type": "object",
        "properties": {"ok": {"const": True}, "answer": answer, "lease_seconds": lease},
        "required": ["ok", "answer", "lease_seconds"],
    }
    return request, reply


def _verb_path(verb: Verb[Any], schemas: dict[str, Schema]) -> Schema:
    request, reply = verb_schemas(verb, schemas)
    idempotency = {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "the same key within a day gets the same answer, nothing is done twice",
        "schema": {"type": "string", "maxLength": 64, "pattern": "^[!-~]*$"},
    }
    content = {"schema": request}
    return {
        "post": {
            "operationId": f"verb_{verb.name}",
            "tags": ["verbs"],
            "summary": f"{verb.en} · {verb.zh}",
            "description": f"{verb.text}\n\n{verb.text_zh}",
            "security": [{"key": []}],
            "x-scope": verb.offer.value,
            "parameters": [idempotency],
            "requestBody": {
                "required": True,
                "content": {"application/json": content, "application/x-www-form-urlencoded": content},
            },
            "responses": _responses(reply, "application/json"),
        }
    }


def _responses(schema: Schema | None, kind: str) -> Schema:
    done: Schema = {"description": "done"}
    if schema is not None:
        done["content"] = {kind: {"schema": schema}}
    refused = {
        "description": "refused: 400, 401, 403, 404, 405, 409, 415, 422, 429 or 503",
        "content": {"application/json": {"schema": {"$ref": REF.format(name="ErrorAnswer")}}},
    }
    return {"200": done, "default": refused}


def _operation(operation: Operation) -> Schema:
    def parameter(one: Parameter) -> Schema:
        in_path = f"{{{one.name}}}" in operation.path
        return {
            "name": one.name,
            "in": "path" if in_path else "query",
            "required": in_path,
            "description": one.en,
            "x-description-zh": one.zh,
            "schema": one.schema,
        }

    name = operation.path.strip("/").replace("/", "_").replace("{", "").replace("}", "")
    schema = {"$ref": REF.format(name=operation.answer.__name__)} if operation.answer else {"type": "string"}
    described: Schema = {
        "operationId": f"{operation.method}_{name}",
        "tags": ["state and events"],
        "summary": f"{operation.en} · {operation.zh}",
        "security": [{"key": []}],
        "x-scope": operation.scope.value if operation.scope else "",
        "parameters": [parameter(one) for one in operation.parameters],
        "responses": _responses(schema, operation.kind),
    }
    if operation.request is not None:
        body = {"schema": {"$ref": REF.format(name=operation.request.__name__)}}
        described["requestBody"] = {"required": True, "content": {"application/json": body}}
    return {operation.method: described}


def openapi() -> Schema:
    """The whole description."""
    kinds = [kind for one in OPERATIONS for kind in (one.answer, one.request) if kind is not None]
    _, schemas = msgspec.json.schema_components([*kinds, answers.ErrorAnswer], ref_template=REF)
    paths = {operation.path: _operation(operation) for operation in OPERATIONS}
    paths |= {f"/verbs/{verb.name}": _verb_path(verb, schemas) for verb in offered()}
    key = {"type": "http", "scheme": "bearer", "description": "an API key, or a token made with one"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "WebCTI", "version": "1", "description": "Call control for other systems · 呼叫中心对接接口"},
        "servers": [{"url": "/webcti/v1"}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"key": key}},
    }
