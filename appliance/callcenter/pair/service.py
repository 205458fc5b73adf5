"""The pair, as its page and its API see it."""

from pathlib import Path

from appliance import clock
from appliance.callcenter.pair.model import Pair
from appliance.callcenter.pair.view import view
from appliance.ha import cluster_file
from appliance.ha.agent.asking import ask_report
from appliance.ha.agent.status_socket import SOCKET
from appliance.ha.cluster_file import CLUSTER_PATH


class PairService:
    def __init__(self, *, file: Path = CLUSTER_PATH, socket: Path = SOCKET) -> None:
        self._file = file
        self._socket = socket

    async def look(self) -> Pair | None:
        """None: this box stands alone."""
        cluster = cluster_file.load(self._file)
        if cluster is None:
            return None
        return view(cluster, await ask_report(self._socket), clock.now_ms())
