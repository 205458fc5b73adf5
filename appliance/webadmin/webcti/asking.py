"""Verbs, state, tokens, leases."""

from typing import Any

from appliance.callcenter.integrations.service import WebCti, Wish
from appliance.callcenter.verbs.catalogue import BY_NAME
from appliance.errors import InvalidError, NotFoundError
from appliance.webadmin.webcti import formats
from appliance.webadmin.webcti.formats import Document
from appliance.webadmin.webcti.handler import ApiHandler
from appliance.webadmin.webcti.socket_verbs import REQUEST_ID_LENGTH

TOKEN_SECONDS = 3600


class VerbAddress(ApiHandler):
    methods = "POST"

    async def post(self, name: str) -> None:
        verb = BY_NAME.get(name)
        if verb is None:
            raise NotFoundError(name[:32])
        given = self.arguments()
        arguments = formats.typed(given, verb.arguments) if self.is_form else given
        wish = Wish(name, self.text_field("agent"), arguments, self.address, self._request_id())
        answer = await self.webcti.perform(self.caller, wish)
        if answer.replayed:
            self.set_header("Idempotency-Replayed", "true")
        self.answer(answer.document, answer.status)

    def _request_id(self) -> str:
        given = self.request.headers.get("Idempotency-Key", "") or self.text_field("idempotency_key")
        if len(given) > REQUEST_ID_LENGTH or not given.isascii():
            raise InvalidError(field="idempotency_key")
        return given


class Reading(ApiHandler):
    """Something to look at, when it is WebCTI's turn."""

    async def get(self, *path: str) -> None:
        await self.webcti.share.turn()
        with self.webcti.share.spending():
            self.answer(self.read(*path))

    def read(self, *path: str) -> Document:
        raise NotImplementedError


class StateAddress(Reading):
    def read(self, *_path: str) -> Document:
        return self.webcti.state(self.caller)


class AgentList(Reading):
    def read(self, *_path: str) -> Document:
        return {"agents": self.webcti.agents(self.caller)}


class AgentAddress(Reading):
    def read(self, *path: str) -> Document:
        return self.webcti.agent(self.caller, path[0])


class QueueList(Reading):
    def read(self, *_path: str) -> Document:
        return {"queues": self.webcti.queues(self.caller)}


class CallList(Reading):
    def read(self, *_path: str) -> Document:
        return {"calls": self.webcti.calls(self.caller)}


class CallAddress(Reading):
    def read(self, *path: str) -> Document:
        return self.webcti.call(self.caller, path[0])


class KeyAddress(ApiHandler):
    """What the key (or token) that asks may do."""

    def get(self) -> None:
        caller = self.caller
        self.answer(
            {
                "name": caller.key.name,
                "scopes": sorted(caller.scopes),
                "agent": caller.agent or None,
                "agents": list(caller.key.agents),
                "queues": list(caller.key.queues),
                "expires_on": caller.key.expires_on or None,
                "per_second": caller.key.per_second,
                "lease_seconds": caller.key.lease_seconds,
                "seq": self.webcti.seq,
            }
        )


class TokenAddress(ApiHandler):
    methods = "POST"

    def post(self) -> None:
        given = self.fields.get("seconds", TOKEN_SECONDS)
        seconds = int(given) if isinstance(given, str) and given.isascii() and given.isdigit() else given
        if type(seconds) is not int:
            raise InvalidError(field="seconds")
        self.answer(self.webcti.make_token(self.caller, self.text_field("agent"), seconds))


class LeaseAddress(ApiHandler):
    methods = "POST"

    async def post(self, number: str) -> None:
        self.answer(await self.webcti.renew_lease(self.caller, number))


def routes(webcti: WebCti) -> list[Any]:
    given = {"webcti": webcti}
    return [
        (r"/webcti/v1/verbs/([a-z_]{1,32})", VerbAddress, given),
        (r"/webcti/v1/state", StateAddress, given),
        (r"/webcti/v1/agents", AgentList, given),
        (r"/webcti/v1/agents/([0-9A-Za-z]{1,16})", AgentAddress, given),
        (r"/webcti/v1/agents/([0-9A-Za-z]{1,16})/lease", LeaseAddress, given),
        (r"/webcti/v1/queues", QueueList, given),
        (r"/webcti/v1/calls", CallList, given),
        (r"/webcti/v1/calls/([0-9a-z]{1,32})", CallAddress, given),
        (r"/webcti/v1/key", KeyAddress, given),
        (r"/webcti/v1/tokens", TokenAddress, given),
    ]
