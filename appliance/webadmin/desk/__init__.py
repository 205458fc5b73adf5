"""The desk program's web side: sockets of desktops and boards, and the door to the telephone system."""

from collections.abc import Sequence
from typing import Any

from appliance.webadmin.base import WebApplication
from appliance.webadmin.desk.feed import Feed
from appliance.webadmin.desk.handlers import LiveJson, SipAuth
from appliance.webadmin.desk.protocol import DeskControl
from appliance.webadmin.desk.socket import MESSAGE_BYTES, DeskSocket
from appliance.webadmin.desk.wall import WallSocket
from appliance.webadmin.sessions import Gate

PING_SECONDS = 20.0
SESSION_CHECK_SECONDS = 30.0


def application(
    control: DeskControl,
    feed: Feed,
    gate: Gate,
    session_check_seconds: float = SESSION_CHECK_SECONDS,
    routes: Sequence[Any] = (),
) -> WebApplication:
    """`routes` are those of the other parts of the program."""
    live = {"control": control}
    talk = live | {"feed": feed, "session_check_seconds": session_check_seconds}
    return WebApplication(
        [
            (r"/desk/ws", DeskSocket, talk),
            (r"/desk/sip-auth", SipAuth, live),
            (r"/desk/live\.json", LiveJson, live),
            (r"/desk/wall/(?P<token>[\w-]{20,100})", WallSocket, live),
            *routes,
        ],
        gate,
        websocket_ping_interval=PING_SECONDS,
        websocket_max_message_size=MESSAGE_BYTES,
    )
