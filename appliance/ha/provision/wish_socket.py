"""/run/hcc/ha-wish.sock: one wish as a JSON line, one answer, and the end of the connection.

The agent serves it: `admin`, which lives in a sandbox, needs neither etcd's password nor the keys. Asterisk shares the
group, so the file's mode is not enough: the kernel says who asks (SO_PEERCRED); only root and the programs' user may.
"""

import asyncio
import contextlib
import logging
import pwd
import socket
import struct
from collections.abc import Callable
from pathlib import Path

import msgspec

from appliance.config import ConfigError
from appliance.ha.agent.asking import ask_report
from appliance.ha.agent.local_socket import LocalSocket
from appliance.ha.agent.status_socket import SOCKET
from appliance.ha.cluster_file import Cluster
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import EtcdError
from appliance.ha.etcd.link import Access
from appliance.ha.provision import steering
from appliance.ha.provision.errors import ClusterError, CommandError, NoQuorumError
from appliance.ha.provision.steering import Steering
from appliance.ha.wish import (
    WISHES,
    Answer,
    AnyWish,
    BeginMaintenance,
    ClearHold,
    EndMaintenance,
    StopSwitchOver,
    SwitchOver,
)

log = logging.getLogger(__name__)

USER = "hcc"
LINE_BYTES = 4096
SECONDS = 8.0


class WishSocket(LocalSocket):
    """A part of the agent's program."""

    def __init__(
        self,
        cluster: Callable[[], Cluster],
        access: Callable[[Cluster], Access],
        *,
        status: Path = SOCKET,
        path: Path = WISHES,
    ) -> None:
        super().__init__("wishes", path, self._hear, line_bytes=LINE_BYTES)
        self._cluster = cluster
        self._access = access
        self._status = status

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(SECONDS):
                if not may_wish(writer.get_extra_info("socket")):
                    return
                writer.write(msgspec.json.encode(await self._answer(await reader.readline())))
                await writer.drain()
        except OSError, TimeoutError, ValueError:
            pass  # whoever asked has gone, or wrote a line without end
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> Answer:
        try:
            wish: AnyWish = msgspec.json.decode(line, type=AnyWish)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return _refusal(CommandError(str(error)))
        try:
            cluster = await asyncio.to_thread(self._cluster)
            async with EtcdClient(self._access(cluster)) as etcd:
                await self._carry_out(wish, Steering(etcd, cluster, wish.by))
        except ConfigError as error:
            return _refusal(CommandError(str(error)))
        except ClusterError as error:
            return _refusal(error)
        except EtcdError as error:
            log.warning("a wish of %s came to nothing: %s", wish.by, error)
            return _refusal(NoQuorumError())
        return Answer()

    async def _carry_out(self, wish: AnyWish, steer: Steering) -> None:
        match wish:
            case SwitchOver():
                refused = steering.refusal(await ask_report(self._status), anyway=wish.anyway)
                await steer.switch_over(wish.to, drain_minutes=wish.drain_minutes, refused=refused)
            case StopSwitchOver():
                await steer.stop_switch_over()
            case BeginMaintenance():
                await steer.maintenance_on(wish.box)
            case EndMaintenance():
                await steer.maintenance_off()
            case ClearHold():
                await steer.clear_hold()


def may_wish(link: socket.socket) -> bool:
    """Root, and the user of our programs."""
    _, user, _ = struct.unpack("3i", link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    if user == 0:
        return True
    with contextlib.suppress(KeyError):
        if user == pwd.getpwnam(USER).pw_uid:
            return True
    log.warning("user %s may not wish anything of the pair", user)
    return False


def _refusal(error: ClusterError) -> Answer:
    return Answer(error.code, f"{error.text('zh_CN')}。{error.do_zh}", f"{error.text('en')}. {error.do_en}")
