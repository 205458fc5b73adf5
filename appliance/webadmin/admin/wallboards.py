"""Wallboards: their links for managers, and the page that such a link opens without a log-in."""

from typing import Any

from appliance.callcenter.supervision.service import WallboardService
from appliance.errors import NotFoundError, UserError
from appliance.webadmin.admin.page import Page
from appliance.webadmin.language import language
from appliance.webadmin.permissions import PUBLIC, Permission, needs


class WallboardsPage(Page):
    access = needs(Permission.BOARD_MANAGE)

    def initialize(self, wallboards: WallboardService) -> None:
        self._wallboards = wallboards

    async def get(self) -> None:
        await self._show()

    async def post(self) -> None:
        """Make a link; the page then shows it this once."""
        name = self.get_body_argument("name", "")
        try:
            token = await self._wallboards.create(name, self.get_body_argument("language", ""), self.author)
        except UserError as error:
            self.set_status(error.status)
            await self._show(name=name, problems=self.form_problems(error))
            return
        await self._show(made=f"https://{self.request.host}/wall/{token}")

    async def _show(self, made: str = "", name: str = "", problems: dict[str, str] | None = None) -> None:
        await self.render(
            "wallboards.html",
            title=self.locale.translate("Wallboards"),
            links=await self._wallboards.all(),
            made=made,
            name=name,
            problems=problems or {},
        )


class WallboardRevoke(Page):
    access = needs(Permission.BOARD_MANAGE)

    def initialize(self, wallboards: WallboardService) -> None:
        self._wallboards = wallboards

    async def get(self, link_id: str) -> None:
        link = next((one for one in await self._wallboards.all() if one.id == int(link_id)), None)
        if link is None:
            raise NotFoundError
        await self.render(
            "delete.html",
            title=self.locale.translate("Revoke the link"),
            back="/wallboards",
            name=link.name,
            consequence=self.locale.translate("Screens that show it go dark within seconds."),
            version=None,
            refusal=None,
        )

    async def post(self, link_id: str) -> None:
        await self._wallboards.delete(int(link_id), self.author)
        self.done("deleted", "/wallboards")


class WallPage(Page):
    """What hangs on the wall. The figures come by a socket that checks the link again."""

    access = PUBLIC

    def initialize(self, wallboards: WallboardService) -> None:
        self._wallboards = wallboards

    async def get(self, token: str) -> None:
        link = await self._wallboards.find(token)
        if link is None:
            raise NotFoundError
        self._locale = language(link.language)
        await self.render("wall.html", title=link.name, link=link, token=token)

    def counts_as_activity(self) -> bool:
        return False


def routes(wallboards: WallboardService) -> list[Any]:
    given = {"wallboards": wallboards}
    return [
        (r"/wallboards", WallboardsPage, given),
        (r"/wallboards/([0-9]{1,18})/delete", WallboardRevoke, given),
        (r"/wall/([\w-]{20,100})", WallPage, given),
    ]
