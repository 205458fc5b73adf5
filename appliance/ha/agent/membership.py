"""Who else is in the cluster, told to every part that has to know while all of it goes on.

A second box or the witness joins, one is taken out, another takes its place: nobody is interrupted for that. What
makes this box another one (its own address, the service address) begins with a new agent.
"""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from appliance.config import ConfigError
from appliance.ha import cluster_file
from appliance.ha.cluster_file import CLUSTER_PATH, Cluster

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0

type Follow = Callable[[Cluster], None]


class Membership:
    """A part of the agent: looks at the cluster's file. `follow` is told what has changed."""

    name = "members"

    def __init__(self, known: Cluster, follow: Follow, path: Path = CLUSTER_PATH) -> None:
        self._known = known
        self._follow = follow
        self._path = path

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            found = await asyncio.to_thread(self._read)
            if found is not None and found != self._known:
                self._take(found)

    def _read(self) -> Cluster | None:
        """What cannot be read changes nothing."""
        with contextlib.suppress(ConfigError):
            return cluster_file.load(self._path)
        return None

    def _take(self, found: Cluster) -> None:
        if not is_same_box(self._known, found):
            self._known = found
            log.info("%s has changed: beginning anew", self._path)
            signal.raise_signal(signal.SIGTERM)
            return
        log.info("the cluster is now %s", ", ".join(member.name for member in found.members))
        self._follow(found)
        self._known = found


def is_same_box(before: Cluster, found: Cluster) -> bool:
    """Whether only others have come, gone or changed, or what can be changed at any time."""
    return before.own == found.own and replace(found, members=before.members, watchdog=before.watchdog) == before
