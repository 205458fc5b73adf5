"""The blacklist's pages: list, form, import from a file."""

from collections.abc import Mapping
from typing import Any

from appliance.callcenter.blacklist import forms
from appliance.callcenter.blacklist.model import Entry, EntryDraft
from appliance.callcenter.blacklist.service import BlacklistService
from appliance.callcenter.forms import FormError, Values, phrase
from appliance.errors import UserError
from appliance.webadmin.admin.page import Page
from appliance.webadmin.admin.records import Column, RecordForm, Resource, record_routes
from appliance.webadmin.permissions import Permission, needs

MANAGE = needs(Permission.BLACKLIST_MANAGE)
PREFILLED = ("kind", "number", "reason")


class Blacklist(Resource[Entry, EntryDraft]):
    path = "/blacklist"
    title = phrase("Blacklist")
    new = phrase("New blacklist entry")
    icon = "phone-off"
    empty = phrase("Nobody is on the blacklist. Entries can also be made from a call's page.")
    about = phrase("Callers who are stopped before the call is answered. Their calls are kept as “Blacklist”.")
    rows = "blacklist.html"
    fields = forms.FIELDS
    columns = (
        Column(phrase("Number"), "number"),
        Column(phrase("What happens")),
        Column(phrase("Reason")),
        Column(phrase("Until"), "expires"),
        Column(phrase("Added"), "added"),
        Column(phrase("Calls stopped"), "hits", narrow=True),
    )
    export = ("kind", "number", "action", "expires_on", "reason")

    def read(self, values: Values) -> EntryDraft:
        return forms.read(values)

    async def context(self) -> Mapping[str, Any]:
        return {"actions": dict(forms.ACTIONS)}


class BlacklistForm(RecordForm):
    """A new entry may be filled in by the address, from a call's page."""

    async def get(self, record_id: str | None = None) -> None:
        given = {name: [self.word(name, 200)] for name in PREFILLED if self.word(name)}
        if record_id is None and given:
            await self.show_form(None, given)
        else:
            await super().get(record_id)


class BlacklistImport(Page):
    access = MANAGE

    def initialize(self, blacklist: BlacklistService) -> None:
        self._blacklist = blacklist

    async def get(self) -> None:
        await self._show()

    async def post(self) -> None:
        files = self.request.files.get("file", [])
        try:
            if not files or not files[0]["body"]:
                raise FormError.of("file", phrase("Please choose a file"))
            sure = self.get_body_argument("sure", "") == "1"
            done = await self._blacklist.load_file(files[0]["body"], self.author, sure=sure)
        except UserError as error:
            self.set_status(error.status)
            await self._show(problem="; ".join(self.form_problems(error).values()))
            return
        await self._show(done=done)

    async def _show(self, **result: Any) -> None:
        names = {"done": None, "problem": "", **result}
        await self.render("blacklist_import.html", title=self.locale.translate("Import into the blacklist"), **names)


def routes(blacklist: BlacklistService) -> list[Any]:
    return [
        (r"/blacklist/import", BlacklistImport, {"blacklist": blacklist}),
        *record_routes(Blacklist(blacklist), MANAGE, form=BlacklistForm),
    ]
