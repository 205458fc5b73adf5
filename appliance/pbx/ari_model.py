"""What Asterisk says over ARI: channels, bridges, endpoints, events; only the members that call control needs."""

from datetime import datetime

import msgspec

from appliance.clock import Millis


class CallerId(msgspec.Struct):
    number: str = ""
    name: str = ""


class Dialplan(msgspec.Struct):
    context: str = ""
    exten: str = ""
    app_name: str = ""
    app_data: str = ""


class Channel(msgspec.Struct):
    """A channel as ARI describes it; only the members that call control needs."""

    id: str
    name: str = ""
    state: str = ""
    caller: CallerId = msgspec.field(default_factory=CallerId)
    connected: CallerId = msgspec.field(default_factory=CallerId)
    dialplan: Dialplan = msgspec.field(default_factory=Dialplan)
    creationtime: str = ""
    """ISO 8601 with milliseconds; sorts by age."""

    @property
    def created_at(self) -> Millis | None:
        """When the call reached Asterisk; earlier than it reached us if call control was away."""
        try:
            return round(datetime.fromisoformat(self.creationtime).timestamp() * 1000)
        except ValueError:
            return None


class Playback(msgspec.Struct):
    id: str
    state: str = ""
    target_uri: str = ""


class Endpoint(msgspec.Struct):
    technology: str
    resource: str
    state: str = ""
    channel_ids: list[str] = []


class DeviceState(msgspec.Struct):
    name: str
    """`PJSIP/8001`"""
    state: str

    @property
    def reachable(self) -> bool:
        return self.state not in {"UNAVAILABLE", "INVALID"}


class Status(msgspec.Struct):
    startup_time: str
    """ISO 8601 with milliseconds."""


class Information(msgspec.Struct):
    status: Status


class Bridge(msgspec.Struct):
    id: str
    channels: list[str] = []


class Event(msgspec.Struct):
    """One message from Asterisk; members that the type does not have are None."""

    type: str
    channel: Channel | None = None
    peer: Channel | None = None
    playback: Playback | None = None
    device_state: DeviceState | None = None
    args: list[str] = []
    digit: str = ""
    dialstatus: str = ""
    cause: int = 0
    request_id: str = ""
    status_code: int = 0
    reason_phrase: str = ""
    message_body: str | None = None
