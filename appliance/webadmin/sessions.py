"""The session cookie of both web programs."""

from appliance.callcenter.people.model import Viewer
from appliance.callcenter.people.sign_in_service import SignInService

COOKIE = "__Host-hcc"
"""The prefix makes browsers insist on TLS, path `/` and no domain (RFC 6265bis 4.1.3.2)."""

XSRF_COOKIE = "__Host-xsrf"
LANGUAGE_COOKIE = "hcc-language"


class Gate:
    """Turns a cookie into the person behind it; one for each program."""

    def __init__(self, sign_in: SignInService) -> None:
        self._sign_in = sign_in

    async def viewer(self, token: str | None, *, active: bool = True) -> Viewer | None:
        """`active=False` for checks that nobody asked for: they must not keep a session alive."""
        if not token or len(token) > 100:
            return None
        return await self._sign_in.find(token, active=active)

    async def is_new_box(self) -> bool:
        return await self._sign_in.is_new_box()
