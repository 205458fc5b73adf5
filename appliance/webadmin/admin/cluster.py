"""The pair: who serves, who could take over, and why not."""

from collections.abc import Mapping
from typing import Any

from appliance.callcenter.pair.model import Pair
from appliance.callcenter.pair.service import PairService
from appliance.ha import wording
from appliance.ha.agent.status import Status
from appliance.ha.decision.readiness import NotReady
from appliance.webadmin.admin import cluster_json
from appliance.webadmin.admin.cluster_picture import picture
from appliance.webadmin.admin.page import Page
from appliance.webadmin.permissions import Permission, needs

MANAGE = needs(Permission.CLUSTER_MANAGE)


class ClusterPage(Page):
    """As HTML, or with Accept: application/json as data."""

    access = MANAGE
    template = "cluster.html"

    def initialize(self, pair: PairService) -> None:
        self._pair = pair

    async def get(self) -> None:
        pair = await self._pair.look()
        if self.wants_json():
            self.send_json(cluster_json.document(pair, self.locale.code))
            return
        await self.render(self.template, title=self.locale.translate("Cluster"), **self.drawn(pair))

    def drawn(self, pair: Pair | None) -> Mapping[str, Any]:
        """What the templates of the pair need."""
        return {
            "pair": pair,
            "picture": picture(pair) if pair else None,
            "sentence": self.sentence,
            "advice": self.advice,
            "states": {state: words.text(self.locale.code) for state, words in wording.STATES.items()},
            "causes": {cause: words.text(self.locale.code) for cause, words in wording.CAUSES.items()},
        }

    def sentence(self, status: Status) -> str:
        return wording.sentence(status.why, status.arguments, status.sentence, self.locale.code)

    def advice(self, reason: NotReady) -> tuple[str, str]:
        """What is so, and what to do."""
        found = wording.ADVICE[reason]
        return found.what.text(self.locale.code), found.do.text(self.locale.code)


class ClusterLive(ClusterPage):
    """The part of the page that changes; asked for every two seconds."""

    template = "cluster_live.html"

    def counts_as_activity(self) -> bool:
        return False


def routes(pair: PairService) -> list[Any]:
    return [
        (r"/cluster", ClusterPage, {"pair": pair}),
        (r"/cluster/live", ClusterLive, {"pair": pair}),
    ]
