"""Settings of the hospital, and the audit log."""

from datetime import datetime
from typing import Any

from appliance.callcenter.forms import phrase
from appliance.callcenter.listing import EVERYTHING, Listing
from appliance.callcenter.people.audit_service import AuditQuery, AuditService
from appliance.callcenter.settings import forms
from appliance.callcenter.settings.service import SettingsService
from appliance.errors import UserError
from appliance.webadmin.admin import period, show
from appliance.webadmin.admin.page import Page
from appliance.webadmin.permissions import Permission, needs

ACTIONS = {
    "sign-in": phrase("signed in"),
    "sign-in-failed": phrase("failed to sign in"),
    "sign-out": phrase("signed out"),
    "create": phrase("created"),
    "change": phrase("changed"),
    "delete": phrase("deleted"),
    "view": phrase("looked at"),
    "export": phrase("exported"),
    "listen": phrase("listened to"),
    "download": phrase("downloaded"),
    "upload": phrase("uploaded"),
    "import": phrase("imported"),
    "propose": phrase("proposed"),
    "refuse": phrase("was refused"),
    "release": phrase("released"),
    "publish": phrase("published"),
    "retry": phrase("had spoken again"),
    "unlock": phrase("unlocked"),
    "reset-secret": phrase("reset the password of"),
    "change-password": phrase("changed the own password"),
    "reset-password": phrase("reset the password"),
    "test": phrase("tested"),
    "verb": phrase("asked call control for"),
    "supervise-listen": phrase("listened in on"),
    "supervise-whisper": phrase("whispered to the agent of"),
    "supervise-barge": phrase("barged in on"),
    "supervise-take_over": phrase("took over"),
    "supervise-end": phrase("left the talk of"),
    "end-call": phrase("ended the call"),
    "force-ready": phrase("made ready"),
    "force-busy": phrase("made busy"),
    "force-sign_out": phrase("signed out from the board"),
    "move": phrase("moved to other queues until signing out"),
    "move-for-good": phrase("moved to other queues for good"),
    "message": phrase("sent a message to"),
    "switch-over": phrase("switched over"),
    "stop-switch-over": phrase("stopped a switch-over"),
    "begin-maintenance": phrase("began the maintenance of"),
    "end-maintenance": phrase("ended the maintenance"),
    "clear-hold": phrase("cleared the hold"),
}
SUBJECTS = {
    "user": phrase("User"),
    "agent": phrase("Agent"),
    "extension": phrase("Extension"),
    "queue": phrase("Queue"),
    "trunk": phrase("Trunk"),
    "did": phrase("Outside number"),
    "prompt": phrase("Prompt"),
    "flow": phrase("Flow"),
    "blacklist": phrase("Blacklist"),
    "room": phrase("Conference room"),
    "call-limit": phrase("Outside-call limits"),
    "outside-call": phrase("Outside call"),
    "condition": phrase("Alarm"),
    "settings": phrase("Settings"),
    "patient": phrase("Patient"),
    "call": phrase("Call"),
    "board": phrase("Live board"),
    "wallboard": phrase("Wallboard"),
    "recording": phrase("Recording"),
    "api-key": phrase("API key"),
    "webhook": phrase("Webhook"),
    "cluster": phrase("Cluster"),
    "cluster-test": phrase("Monthly test fail-over"),
}
HEADER = (
    phrase("Time"),
    phrase("User name"),
    phrase("Address"),
    phrase("Action"),
    phrase("Subject"),
    phrase("Number"),
    phrase("Details"),
)


class SettingsPage(Page):
    access = needs(Permission.SETTINGS_MANAGE)

    def initialize(self, settings: SettingsService) -> None:
        self._settings = settings

    async def get(self) -> None:
        await self._show(None, {})

    async def post(self) -> None:
        try:
            await self._settings.save(forms.read(self.values()), self.author)
        except UserError as error:
            self.set_status(error.status)
            await self._show(self.values(), self.form_problems(error))
            return
        self.done("saved", "/settings")

    async def _show(self, given: dict[str, list[str]] | None, problems: dict[str, str]) -> None:
        stored = await self._settings.load()
        await self.render(
            "settings.html",
            title=self.locale.translate("Settings"),
            fields=forms.FIELDS,
            shown=lambda field: (
                given.get(field.name, [""])[-1] if given is not None else field.show(getattr(stored, field.name))
            ),
            problems=problems,
        )


class AuditPage(Page):
    access = needs(Permission.AUDIT_VIEW)

    def initialize(self, audit: AuditService) -> None:
        self._audit = audit

    async def get(self) -> None:
        zone = show.zone(self.hospital.time_zone)
        chosen = period.read(
            self.word("period"), self.word("from"), self.word("to"), zone, today=datetime.now(zone).date()
        )
        action = self.word("action")
        query = AuditQuery(chosen.since, chosen.until, action if action in ACTIONS else "")
        listing = self.listing()
        if self.word("format") == "csv":
            await self._export(query, listing)
            return
        await self.render(
            "audit.html",
            title=self.locale.translate("Audit log"),
            chosen=chosen,
            usual=period.USUAL,
            results=await self._audit.find(query, listing),
            actions=ACTIONS,
            subjects=SUBJECTS,
        )

    async def _export(self, query: AuditQuery, listing: Listing) -> None:
        found = await self._audit.find(query, Listing(listing.text, size=EVERYTHING.size))
        words = self.locale.translate
        await self._audit.note(self.author, "export", "audit", "", str(len(found.rows)))
        await self.send_csv(
            "audit",
            HEADER,
            (
                [
                    self.when(line.at),
                    line.login,
                    line.address,
                    words(ACTIONS.get(line.action, line.action)),
                    words(SUBJECTS.get(line.subject_kind, line.subject_kind)),
                    line.subject_id,
                    line.detail,
                ]
                for line in found.rows
            ),
        )


def routes(settings: SettingsService, audit: AuditService) -> list[Any]:
    return [
        (r"/settings", SettingsPage, {"settings": settings}),
        (r"/audit", AuditPage, {"audit": audit}),
    ]
