"""The methods of etcd's JSON gateway (etcd 3.5, `/v3/…`) and how their answers are read."""

from dataclasses import dataclass

import msgspec

from appliance.ha.etcd import model
from appliance.ha.etcd.errors import Verdict, refusal, verdict_on

MOST_TEXT = 300


class Complaint(msgspec.Struct, frozen=True):
    """An error, as a plain answer has it or inside a stream."""

    code: int = 0
    grpc_code: int = 0
    message: str = ""

    @property
    def any_code(self) -> int:
        return self.code or self.grpc_code


class Streamed[T](msgspec.Struct, frozen=True):
    """One line of a stream."""

    result: T | None = None
    error: Complaint | None = None


class NotDoneError(Exception):
    """The endpoint certainly did not carry the request out."""


class UnclearError(Exception):
    """The endpoint may have carried the request out, or may still do so."""


class TokenRefusedError(Exception):
    """Not carried out: the token is no longer good."""


class Method[T]:
    """One method. `repeatable`: that it is carried out twice does no harm."""

    def __init__(self, path: str, reply: type[T], *, repeatable: bool = False, needs_leader: bool = True) -> None:
        self.path = path
        self.repeatable = repeatable
        self.needs_leader = needs_leader
        self._plain = msgspec.json.Decoder(reply, strict=False)
        self._streamed: msgspec.json.Decoder[Streamed[T]] = msgspec.json.Decoder(Streamed[reply], strict=False)  # type: ignore[valid-type]

    def read(self, status: int, body: bytes) -> T:
        """The answer to a request. Raises what `error_of` returns."""
        if status != 200:
            raise error_of(_complaint(status, body))
        try:
            if body.startswith((b'{"result"', b'{"error"')):
                return self.read_line(body)
            return self._plain.decode(body)
        except msgspec.DecodeError as error:
            raise UnclearError(f"answer not understood: {error}: {body[:MOST_TEXT]!r}") from error

    def read_line(self, line: bytes) -> T:
        """One line of a stream. Raises what `error_of` returns."""
        try:
            got = self._streamed.decode(line)
        except msgspec.DecodeError as error:
            raise UnclearError(f"line not understood: {error}: {line[:MOST_TEXT]!r}") from error
        if got.result is None:
            raise error_of(got.error or Complaint(code=2, message="an empty line"))
        return got.result


def _complaint(status: int, body: bytes) -> Complaint:
    try:
        found = msgspec.json.decode(body, type=Complaint, strict=False)
        if found.any_code:
            return found
        streamed = msgspec.json.decode(body, type=Streamed[msgspec.Raw], strict=False)
        if streamed.error is not None:
            return streamed.error
    except msgspec.DecodeError:
        pass
    code = 2 if status >= 500 else 3
    return Complaint(code=code, message=f"HTTP {status}: {body[:MOST_TEXT]!r}")


def error_of(complaint: Complaint) -> Exception:
    """NotDoneError, UnclearError, TokenRefusedError or an EtcdError."""
    code, text = complaint.any_code, complaint.message
    match verdict_on(code, text):
        case Verdict.NOT_DONE:
            return NotDoneError(text)
        case Verdict.UNCLEAR:
            return UnclearError(text)
        case Verdict.TOKEN:
            return TokenRefusedError(text)
        case Verdict.REFUSED:
            return refusal(code, text)


@dataclass(frozen=True)
class Answer[T]:
    """A reply, who gave it, and when (CLOCK_BOOTTIME) its request was about to be sent."""

    reply: T
    endpoint: str
    sent_at: float


RANGE = Method("kv/range", model.Listing, repeatable=True)
PUT = Method("kv/put", model.PutReply)
DELETE = Method("kv/deleterange", model.DeleteReply)
TRANSACTION = Method("kv/txn", model.TransactionReply)
COMPACT = Method("kv/compaction", model.Reply, repeatable=True)
LEASE_GRANT = Method("lease/grant", model.LeaseReply, repeatable=True)  # the id is ours, so twice is once
LEASE_KEEP_ALIVE = Method("lease/keepalive", model.LeaseReply, repeatable=True)
LEASE_REVOKE = Method("lease/revoke", model.Reply, repeatable=True)
LEASE_STATE = Method("lease/timetolive", model.LeaseReply, repeatable=True)
WATCH = Method("watch", model.WatchReply)
MEMBERS = Method("cluster/member/list", model.Members, repeatable=True)
AUTHENTICATE = Method("auth/authenticate", model.Token, repeatable=True)
STATUS = Method("maintenance/status", model.Status, repeatable=True, needs_leader=False)
ALARMS = Method("maintenance/alarm", model.Alarms, repeatable=True)
DEFRAGMENT = Method("maintenance/defragment", model.Reply, repeatable=True, needs_leader=False)
MOVE_LEADER = Method("maintenance/transfer-leadership", model.Reply)
SNAPSHOT = Method("maintenance/snapshot", model.Blob, needs_leader=False)
