"""Errors a user may see. Each carries a stable code, an HTTP status and a message in both languages."""


class UserError(Exception):
    """Something the user asked for cannot be done; `code` is stable, the text is for people."""

    code = "error"
    status = 400
    zh = "操作失败"
    en = "The request could not be carried out"

    def __init__(self, detail: str = "", *, field: str | None = None) -> None:
        super().__init__(detail or self.en)
        self.detail = detail
        self.field = field

    def text(self, language: str) -> str:
        """The message in `language` ("zh_CN" or "en"), with the detail behind it."""
        base = self.zh if language.startswith("zh") else self.en
        if not self.detail:
            return base
        return f"{base}：{self.detail}" if language.startswith("zh") else f"{base}: {self.detail}"


class NotFoundError(UserError):
    code, status, zh, en = "not-found", 404, "找不到该记录", "No such record"


class ForbiddenError(UserError):
    code, status, zh, en = "forbidden", 403, "没有权限", "You are not allowed to do this"


class NotSignedInError(UserError):
    code, status, zh, en = "not-signed-in", 401, "请先登录", "Please sign in first"


class InvalidError(UserError):
    code, status, zh, en = "invalid", 422, "输入有误", "The input is not valid"


class ConflictError(UserError):
    code, status, zh, en = "conflict", 409, "与现有记录冲突", "This conflicts with an existing record"


class StaleError(UserError):
    code, status, zh, en = (
        "stale",
        409,
        "记录已被他人修改，请刷新后重试",
        "Somebody changed this record meanwhile",
    )


class NumberNotAllowedError(UserError):
    code, status, zh, en = "number-not-allowed", 422, "不能拨打该号码", "This number cannot be dialled"


class PbxUnavailableError(UserError):
    code, status, zh, en = (
        "pbx-unavailable",
        503,
        "电话系统暂时不可用",
        "The telephone system is not available",
    )


class WrongStateError(UserError):
    code, status, zh, en = "wrong-state", 409, "当前状态不能执行此操作", "Not possible in the present state"
