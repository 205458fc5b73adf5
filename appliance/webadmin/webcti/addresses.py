"""All addresses of WebCTI."""

from functools import cache
from typing import Any

import msgspec

from appliance.callcenter.integrations.service import WebCti
from appliance.errors import NotFoundError
from appliance.webadmin.webcti import asking, description, streams
from appliance.webadmin.webcti.handler import ApiHandler


@cache
def _described() -> bytes:
    return msgspec.json.encode(description.openapi())


class OpenApi(ApiHandler):
    """The description is for everybody."""

    needs_key = False

    def get(self) -> None:
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(_described())


class Unknown(ApiHandler):
    """So that programs read JSON here too."""

    methods = "GET, POST, PUT, PATCH, DELETE, HEAD"
    needs_key = False

    def refuse(self) -> None:
        raise NotFoundError

    get = post = put = patch = delete = head = refuse


def routes(webcti: WebCti) -> list[Any]:
    given = {"webcti": webcti}
    return [
        *asking.routes(webcti),
        *streams.routes(webcti),
        (r"/webcti/v1/openapi\.json", OpenApi, given),
        (r"/webcti/.*", Unknown, given),
    ]
