"""The desk program's plain HTTP: may this browser speak SIP, and what goes on right now."""

from urllib.parse import urlsplit

from appliance.errors import ForbiddenError, NotSignedInError
from appliance.webadmin.base import Handler
from appliance.webadmin.desk.protocol import DeskControl
from appliance.webadmin.desk.socket import actor_of
from appliance.webadmin.permissions import Permission, needs


class SipAuth(Handler):
    """nginx asks before it lets a browser's websocket through to the telephone system."""

    access = needs(Permission.DESK_USE)

    def initialize(self, control: DeskControl) -> None:
        self._control = control

    def get(self) -> None:
        """204 for an agent who is signed in, or a manager whose browser phone is on, from our own pages only.

        Asterisk itself checks no Origin.
        """
        origin = urlsplit(self.request.headers.get("Origin", ""))
        if origin.netloc.lower() != self.request.host.lower():
            raise ForbiddenError
        seen = self._control.viewer_snapshot(actor_of(self.person, self.address))
        works = seen["me"] is not None and seen["me"]["state"] != "signed_out"
        if not works and not seen.get("manager_phone"):
            raise NotSignedInError
        self.set_status(204)

    def counts_as_activity(self) -> bool:
        return False


class LiveJson(Handler):
    """What the board shows, for the command line and for tests."""

    access = needs(Permission.BOARD_VIEW)

    def initialize(self, control: DeskControl) -> None:
        self._control = control

    def get(self) -> None:
        snapshot = self._control.viewer_snapshot(actor_of(self.person, self.address))
        self.finish(snapshot | {"me": None})

    def counts_as_activity(self) -> bool:
        return False
