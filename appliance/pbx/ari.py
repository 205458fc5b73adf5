"""Asterisk REST Interface: events and requests over one websocket.

Protocol: Asterisk 22 "REST over WebSocket" (RESTRequest / RESTResponse messages on `/ari/events`).
"""

import asyncio
import base64
import itertools
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp
import msgspec

from appliance.clock import Millis
from appliance.pbx.ari_model import Bridge, Channel, Endpoint, Event, Information

log = logging.getLogger(__name__)

REQUEST_SECONDS = 5.0
HEARTBEAT_SECONDS = 5.0


class AriError(Exception):
    """Asterisk refused a request; `status` is the HTTP status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text}")
        self.status = status


class AriGoneError(AriError):
    """What the request was about does not exist any more (404), or is in no state for it (409, 412, 422)."""


class AriUnavailableError(AriError):
    """No connection to Asterisk, or no answer in time."""

    def __init__(self, text: str) -> None:
        super().__init__(503, text)


GONE = (404, 409, 412, 422)

EVENT_TYPES = (
    "RESTResponse",  # the filter applies to answers too
    "StasisStart",
    "StasisEnd",
    "ChannelDestroyed",
    "ChannelDtmfReceived",
    "PlaybackFinished",
    "Dial",
    "ChannelTalkingStarted",
    "ChannelTalkingFinished",
    "DeviceStateChanged",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that is not answered yet, and until when it may be (on the event loop's clock)."""

    what: str
    answer: asyncio.Future[Event]
    until: float

    def fail(self, why: str) -> None:
        if not self.answer.done():
            self.answer.set_exception(AriUnavailableError(f"{why}: {self.what}"))


_decoder = msgspec.json.Decoder(Event)
_encoder = msgspec.json.Encoder()


class AriClient:
    """One connection at a time: `connect()`, then iterate `events()` until it ends, then connect again."""

    def __init__(self, url: str, user: str, app: str) -> None:
        self._url = url
        self._user = user
        self._app = app
        self._numbers = itertools.count(1)
        self._pending: dict[str, Asked] = {}
        """In the order of asking, so that the first one is the first to be too late."""
        self._look_for_late: asyncio.TimerHandle | None = None
        self._session: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    @property
    def connected(self) -> bool:
        return self._socket is not None and not self._socket.closed

    async def connect(self, secret: str) -> None:
        """Open the event socket. Raises OSError or aiohttp.ClientError when Asterisk is not there."""
        await self.close()
        token = base64.b64encode(f"{self._user}:{secret}".encode()).decode()
        self._session = aiohttp.ClientSession(headers={"Authorization": f"Basic {token}"})
        self._socket = await self._session.ws_connect(
            f"{self._url}/events?app={self._app}&subscribeAll=false",
            heartbeat=HEARTBEAT_SECONDS,
            compress=0,
            max_msg_size=0,
            timeout=aiohttp.ClientWSTimeout(ws_close=2.0),
        )

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()
        if self._session is not None:
            await self._session.close()
        self._socket = self._session = None
        self._fail_pending()

    async def events(self) -> AsyncIterator[Event]:
        """Events in the order Asterisk sent them; ends when the connection is lost."""
        if self._socket is None:
            return
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                break
            try:
                event = _decoder.decode(message.data)
            except msgspec.DecodeError:
                log.exception("event not understood: %.300s", message.data)
                continue
            if event.type == "RESTResponse":
                asked = self._pending.pop(event.request_id, None)
                if asked is not None and not asked.answer.done():
                    asked.answer.set_result(event)
            else:
                yield event
        self._fail_pending()

    def _fail_pending(self) -> None:
        for asked in self._pending.values():
            asked.fail("connection lost")
        self._pending.clear()

    def _ask(self, number: str, what: str) -> asyncio.Future[Event]:
        """One timer looks after all requests: most are answered within a millisecond."""
        loop = asyncio.get_running_loop()
        self._pending[number] = asked = Asked(what, loop.create_future(), loop.time() + REQUEST_SECONDS)
        if self._look_for_late is None:
            self._look_for_late = loop.call_at(asked.until, self._drop_late)
        return asked.answer

    def _drop_late(self) -> None:
        self._look_for_late = None
        loop = asyncio.get_running_loop()
        for asked in self._pending.values():
            if asked.until > loop.time():
                self._look_for_late = loop.call_at(asked.until, self._drop_late)
                return
            asked.fail("no answer in time")

    async def request(self, method: str, uri: str, body: Any = None, **query: str) -> str:
        """Send one REST request; returns the body. Raises AriError, AriGoneError or AriUnavailableError."""
        socket = self._socket
        if socket is None or socket.closed:
            raise AriUnavailableError("not connected")
        number = str(next(self._numbers))
        message: dict[str, Any] = {
            "type": "RESTRequest",
            "transaction_id": number,
            "request_id": number,
            "method": method,
            "uri": uri,
        }
        if query:
            message["query_strings"] = [{"name": name, "value": value} for name, value in query.items()]
        if body is not None:
            message["content_type"] = "application/json"
            message["message_body"] = _encoder.encode(body).decode()
        answered = self._ask(number, f"{method} {uri}")
        try:
            await socket.send_str(_encoder.encode(message).decode())
            answer = await answered
        except (ConnectionError, aiohttp.ClientError) as error:
            raise AriUnavailableError(str(error)) from error
        finally:
            self._pending.pop(number, None)
        return _checked(answer, method, uri)

    # -- application ---------------------------------------------------------------------------

    async def filter_events(self) -> None:
        """Let Asterisk send only what call control needs: less than half the cost of all events."""
        await self.request(
            "PUT",
            f"applications/{self._app}/eventFilter",
            {"allowed": [{"type": name} for name in EVENT_TYPES]},
        )

    async def watch_phone(self, endpoint: str) -> None:
        """Have DeviceStateChanged sent for it. Subscribing to the endpoint would send its calls' events twice."""
        source = f"deviceState:PJSIP/{endpoint}"
        await self.request("POST", f"applications/{self._app}/subscription", eventSource=source)

    async def endpoint(self, name: str) -> Endpoint:
        return msgspec.json.decode(await self.request("GET", f"endpoints/PJSIP/{name}"), type=Endpoint)

    async def started_at(self) -> Millis:
        """When Asterisk was started."""
        body = await self.request("GET", "asterisk/info", only="status")
        known = msgspec.json.decode(body, type=Information)
        return round(datetime.fromisoformat(known.status.startup_time).timestamp() * 1000)

    async def endpoints(self) -> list[Endpoint]:
        return msgspec.json.decode(await self.request("GET", "endpoints/PJSIP"), type=list[Endpoint])

    async def channels(self) -> list[Channel]:
        return msgspec.json.decode(await self.request("GET", "channels"), type=list[Channel])

    async def bridges(self) -> list[Bridge]:
        return msgspec.json.decode(await self.request("GET", "bridges"), type=list[Bridge])

    async def reload_module(self, name: str) -> None:
        await self.request("PUT", f"asterisk/modules/{name}")

    async def put_object(self, kind: str, name: str, fields: Mapping[str, str]) -> None:
        """Create or change a PJSIP object (`endpoint`, `auth`, `aor`) in sorcery's memory."""
        body = {"fields": [{"attribute": key, "value": value} for key, value in fields.items()]}
        await self.request("PUT", f"asterisk/config/dynamic/res_pjsip/{kind}/{name}", body)

    async def has_object(self, kind: str, name: str) -> bool:
        try:
            await self.request("GET", f"asterisk/config/dynamic/res_pjsip/{kind}/{name}")
        except AriGoneError:
            return False
        return True

    async def delete_object(self, kind: str, name: str) -> None:
        await self.request("DELETE", f"asterisk/config/dynamic/res_pjsip/{kind}/{name}")

    # -- channels ------------------------------------------------------------------------------

    async def answer(self, channel: str) -> None:
        await self.request("POST", f"channels/{channel}/answer")

    async def ring(self, channel: str) -> None:
        await self.request("POST", f"channels/{channel}/ring")

    async def stop_ring(self, channel: str) -> None:
        await self.request("DELETE", f"channels/{channel}/ring")

    async def hang_up(self, channel: str, reason: str = "normal") -> None:
        """Reasons: normal, busy, congestion, no_answer, unallocated, … (ARI `channels/hangup`)."""
        await self.request("DELETE", f"channels/{channel}", reason=reason)

    async def start_music(self, channel: str) -> None:
        await self.request("POST", f"channels/{channel}/moh")

    async def stop_music(self, channel: str) -> None:
        await self.request("DELETE", f"channels/{channel}/moh")

    async def detect_talking(self, channel: str) -> None:
        """Have ChannelTalkingStarted and …Finished told of this channel."""
        await self.request("POST", f"channels/{channel}/variable", variable="TALK_DETECT(set)", value="")

    async def start_silence(self, channel: str) -> None:
        """Send silence, so that the channel has two directions."""
        await self.request("POST", f"channels/{channel}/silence")

    async def play(self, channel: str, media: str, playback: str) -> None:
        """Play `media` (comma-separated URIs `sound:/path/without/extension`) under the id `playback`."""
        await self.request("POST", f"channels/{channel}/play/{playback}", media=media)

    async def play_to_all(self, bridge: str, media: str, playback: str) -> None:
        """Like `play`, mixed into what everybody in the bridge hears."""
        await self.request("POST", f"bridges/{bridge}/play/{playback}", media=media)

    async def stop_playback(self, playback: str) -> None:
        await self.request("DELETE", f"playbacks/{playback}")

    async def mute(self, channel: str, *, on: bool) -> None:
        await self.request("POST" if on else "DELETE", f"channels/{channel}/mute", direction="in")

    async def send_dtmf(self, channel: str, digits: str) -> None:
        await self.request("POST", f"channels/{channel}/dtmf", dtmf=digits)

    async def variable(self, channel: str, name: str) -> str:
        body = await self.request("GET", f"channels/{channel}/variable", variable=name)
        return msgspec.json.decode(body, type=dict[str, str])["value"]

    async def originate(
        self,
        channel: str,
        endpoint: str,
        arguments: str,
        caller_id: str,
        seconds: int,
        variables: Mapping[str, str],
    ) -> None:
        """Ring `endpoint` for `seconds`; when answered the leg enters the application with `arguments`."""
        await self.request(
            "POST",
            "channels",
            {"variables": dict(variables)},
            endpoint=endpoint,
            app=self._app,
            appArgs=arguments,
            channelId=channel,
            callerId=caller_id,
            timeout=str(seconds),
        )

    async def create(self, channel: str, endpoint: str, arguments: str, variables: Mapping[str, str]) -> str:
        """Make an outgoing leg without ringing it yet, so that it can be bridged for early media; returns its name."""
        body = await self.request(
            "POST",
            "channels/create",
            {"variables": dict(variables)},
            endpoint=endpoint,
            app=self._app,
            appArgs=arguments,
            channelId=channel,
        )
        return msgspec.json.decode(body, type=Channel).name

    async def dial(self, channel: str, seconds: int) -> None:
        await self.request("POST", f"channels/{channel}/dial", timeout=str(seconds))

    async def snoop(self, channel: str, snoop: str, whisper: str, arguments: str) -> None:
        """Make channel `snoop`: hears both sides of `channel`, speaks to its owner (`whisper` out) or not (none)."""
        await self.request(
            "POST",
            f"channels/{channel}/snoop/{snoop}",
            app=self._app,
            appArgs=arguments,
            spy="both",
            whisper=whisper,
        )

    # -- bridges -------------------------------------------------------------------------------

    async def create_bridge(self, bridge: str, *, always_mix: bool = False) -> None:
        """Two in a bridge have their packets passed on; with `always_mix` (Asterisk: `video_sfu`) even they are mixed.

        That costs more. It is needed where a recorded channel gets another partner without music in between: packets
        of the new one whose numbers are lower count as late ones of the old, and the recorder loses them for minutes.
        """
        await self.request("POST", "bridges", type="mixing,video_sfu" if always_mix else "mixing", bridgeId=bridge)

    async def add_to_bridge(self, bridge: str, *channels: str) -> None:
        await self.request("POST", f"bridges/{bridge}/addChannel", channel=",".join(channels))

    async def remove_from_bridge(self, bridge: str, channel: str) -> None:
        await self.request("POST", f"bridges/{bridge}/removeChannel", channel=channel)

    async def destroy_bridge(self, bridge: str) -> None:
        await self.request("DELETE", f"bridges/{bridge}")


def _checked(answer: Event, method: str, uri: str) -> str:
    if answer.status_code < 400:
        return answer.message_body or ""
    text = f"{method} {uri}: {answer.reason_phrase} {answer.message_body or ''}".strip()
    gone = answer.status_code in GONE or "not found" in text
    raise (AriGoneError if gone else AriError)(answer.status_code, text)
