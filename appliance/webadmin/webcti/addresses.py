"""All addresses of WebCTI."""

from typing import Any

from appliance.callcenter.integrations.service import WebCti
from appliance.webadmin.webcti import asking, streams


def routes(webcti: WebCti) -> list[Any]:
    return [*asking.routes(webcti), *streams.routes(webcti)]
