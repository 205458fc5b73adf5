"""The pair: who serves, who could take over, and why not."""

from collections.abc import Mapping
from typing import Any

from appliance.callcenter.listing import Listing
from appliance.callcenter.pair.history_service import PairHistory
from appliance.callcenter.pair.model import Pair
from appliance.callcenter.pair.progress import progress
from appliance.callcenter.pair.service import AloneError, PairService
from appliance.webadmin.admin import cluster_json, cluster_words
from appliance.webadmin.admin.cluster_picture import picture
from appliance.webadmin.admin.page import Page
from appliance.webadmin.permissions import Permission, needs

LATEST = 8
"""Of the history on the page itself."""


class ClusterPage(Page):
    """As HTML, or with Accept: application/json as data. `?switch=EPOCH`: follow the switch-over from there."""

    access = needs(Permission.CLUSTER_MANAGE)
    template = "cluster.html"

    def initialize(self, pair: PairService, history: PairHistory) -> None:
        self._pair = pair
        self._history = history

    async def get(self) -> None:
        pair = await self._pair.look()
        if self.wants_json():
            self.send_json(cluster_json.document(pair, self.locale.code))
            return
        drawn = await self._drawn(pair) if pair is not None else self.alone()
        await self.render(self.template, title=self.locale.translate("Cluster"), **drawn)

    def alone(self) -> Mapping[str, Any]:
        """What is drawn when there is no pair."""
        return {"pair": None}

    async def _drawn(self, pair: Pair) -> Mapping[str, Any]:
        code, since = self.locale.code, self.whole("switch")
        return {
            "pair": pair,
            "picture": picture(pair),
            "switch": since,
            "progress": progress(pair, since) if since is not None else None,
            "stages": cluster_words.STAGES,
            "rows": (await self._history.failovers(Listing(size=LATEST))).rows,
            "test_is_on": (await self._history.test_state()).plan.enabled,
            "sentence": lambda status: cluster_words.sentence(status, code),
            "advice": lambda reason: cluster_words.advice(reason, code),
            "states": cluster_words.states(code),
            "causes": cluster_words.causes(code),
        }


class ClusterLive(ClusterPage):
    """The part of the page that changes; asked for every two seconds."""

    template = "cluster_live.html"

    def counts_as_activity(self) -> bool:
        return False

    def alone(self) -> Mapping[str, Any]:
        """Raises AloneError: nothing of that page is there."""
        raise AloneError


def routes(pair: PairService, history: PairHistory) -> list[Any]:
    given = {"pair": pair, "history": history}
    return [(r"/cluster", ClusterPage, given), (r"/cluster/live", ClusterLive, given)]
