"""What administrators wish of the pair: switch-over, maintenance, an end of the hold. Each asks before it does it."""

from typing import Any

from appliance.callcenter import forms
from appliance.callcenter.forms import Choice, FormError, phrase
from appliance.callcenter.pair.model import Pair
from appliance.callcenter.pair.service import AloneError, PairService
from appliance.webadmin.admin import cluster_words
from appliance.webadmin.admin.page import Page
from appliance.webadmin.permissions import Permission, needs

MANAGE = needs(Permission.CLUSTER_MANAGE)
DRAIN = Choice(
    name="drain",
    label=phrase("Calls in progress"),
    options=(
        ("0", phrase("Switch over at once")),
        ("2", phrase("Wait up to 2 minutes for them to end")),
        ("5", phrase("Wait up to 5 minutes for them to end")),
        ("15", phrase("Wait up to 15 minutes for them to end")),
        ("60", phrase("Wait up to an hour for them to end")),
    ),
)


class ClusterAction(Page):
    """Shown with what it would do; the POST does it. Programs send Accept: application/json and get JSON."""

    access = MANAGE

    def initialize(self, pair: PairService) -> None:
        self._pair = pair

    async def present(self) -> Pair:
        """Raises AloneError."""
        pair = await self._pair.look()
        if pair is None:
            raise AloneError
        return pair

    async def show(self, template: str, title: str, pair: Pair, **more: Any) -> None:
        words = {"advice": lambda reason: cluster_words.advice(reason, self.locale.code), "pair": pair}
        await self.render(template, title=self.locale.translate(title), **words, **more)

    def went(self, address: str, notice: str = "", **told: object) -> None:
        if self.wants_json():
            self.send_json({"ok": True, **told})
        elif notice:
            self.done(notice, address)
        else:
            self.redirect(address, status=303)


class SwitchOverPage(ClusterAction):
    async def get(self) -> None:
        await self._show({})

    async def post(self) -> None:
        values = {"drain": ["0"], **self.values()}
        try:
            drain = int(DRAIN.read(values["drain"]))
        except forms.Problem as problem:
            raise FormError({"drain": problem}) from None
        epoch = await self._pair.switch_over(self.author, drain_minutes=drain, anyway=values.get("anyway") == ["1"])
        self.went(f"/cluster?switch={epoch}", epoch=epoch)

    async def _show(self, problems: dict[str, str]) -> None:
        pair = await self.present()
        await self.show("cluster_switch.html", phrase("Switch over"), pair, drain=DRAIN, problems=problems)


class StopSwitchOver(ClusterAction):
    async def get(self) -> None:
        self.redirect("/cluster", status=303)

    async def post(self) -> None:
        await self._pair.stop_switch_over(self.author)
        self.went("/cluster", "switch-stopped")


class MaintenancePage(ClusterAction):
    """Of the standby; while there is one, its end."""

    async def get(self) -> None:
        await self.show("cluster_maintenance.html", phrase("Maintenance"), await self.present())

    async def post(self) -> None:
        if self.values().get("end") == ["1"]:
            await self._pair.end_maintenance(self.author)
            self.went("/cluster", "maintenance-over")
            return
        pair = await self.present()
        box = forms.single(self.values().get("box", ())) or (pair.standby.name if pair.standby else "")
        await self._pair.begin_maintenance(box, self.author)
        self.went("/cluster", "maintenance")


class HoldPage(ClusterAction):
    async def get(self) -> None:
        await self.show("cluster_hold.html", phrase("Clear the hold"), await self.present())

    async def post(self) -> None:
        await self._pair.clear_hold(self.author)
        self.went("/cluster", "hold-cleared")


def routes(pair: PairService) -> list[Any]:
    given = {"pair": pair}
    return [
        (r"/cluster/switch-over", SwitchOverPage, given),
        (r"/cluster/switch-over/stop", StopSwitchOver, given),
        (r"/cluster/maintenance", MaintenancePage, given),
        (r"/cluster/hold", HoldPage, given),
    ]
