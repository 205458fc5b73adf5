"""What can be wrong with a request over WebCTI, beyond what a verb itself refuses."""

import math

from appliance.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, UserError


class NoKeyError(UserError):
    code, status, zh, en = "no-key", 401, "缺少接口密钥", "An API key is needed"


class BadKeyError(UserError):
    code, status, zh, en = "bad-key", 401, "接口密钥无效", "This API key is not valid"


class ExpiredKeyError(UserError):
    code, status, zh, en = "key-expired", 401, "接口密钥或令牌已过期", "This API key or token has expired"


class WrongSourceError(ForbiddenError):
    code, zh, en = "wrong-source", "该密钥不允许从此地址使用", "This key may not be used from this address"


class WrongOriginError(ForbiddenError):
    code, zh, en = "wrong-origin", "该网页来源不在允许列表中", "Web pages of this origin may not use this key"


class MissingScopeError(ForbiddenError):
    code, zh, en = "missing-scope", "该密钥没有此项权限", "This key may not do this"


class AgentNotAllowedError(ForbiddenError):
    code, zh, en = "agent-not-allowed", "该密钥不能用于此坐席", "This key is not for this agent"


class UnknownAgentError(NotFoundError):
    code, zh, en = "no-such-agent", "没有这个工号", "There is no agent of this number"


class TooOftenError(UserError):
    code, status, zh, en = "too-many", 429, "请求过于频繁，请稍候", "Too many requests, please wait"

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = math.ceil(seconds)


class TooManyStreamsError(TooOftenError):
    code = "too-many-streams"
    zh, en = "该密钥打开的事件连接过多", "This key has too many event streams open"


class PostOnlyError(UserError):
    code, status = "post-only", 405
    zh, en = "改变状态的请求必须使用 POST", "What changes something must be sent by POST"


class SameRequestError(ConflictError):
    code = "same-request-running"
    zh, en = "相同标识的请求正在处理", "A request of the same Idempotency-Key is being done"


class UnknownOutcomeError(ConflictError):
    code = "outcome-unknown"
    zh = "上次请求的结果未知（处理中系统曾重启），请先查看状态"
    en = "Call control restarted during the first such request; look at the state before asking again"


class OtherRequestError(InvalidError):
    code = "other-request"
    zh, en = "该请求标识已用于不同的请求", "This Idempotency-Key was used for a different request"
