"""Pages of other systems' access: API keys and webhooks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from appliance.callcenter.forms import Values, phrase
from appliance.callcenter.integrations import forms
from appliance.callcenter.integrations.key_service import KeyService
from appliance.callcenter.integrations.model import ApiKey, ApiKeyDraft, Webhook, WebhookDraft
from appliance.callcenter.integrations.webhook_service import WebhookService
from appliance.webadmin.admin import show
from appliance.webadmin.admin.page import Page
from appliance.webadmin.admin.records import Column, RecordForm, RecordList, Resource, record_routes
from appliance.webadmin.permissions import Access, Permission, needs

INTEGRATIONS = needs(Permission.INTEGRATIONS_MANAGE)

SCOPES = {
    "read": phrase("see"),
    "agent": phrase("act for agents"),
    "dial": phrase("dial"),
    "events": phrase("events"),
    "patients": phrase("names of patients"),
}


class ApiKeys(Resource[ApiKey, ApiKeyDraft]):
    path = "/api-keys"
    title = phrase("API keys")
    new = phrase("New API key")
    icon = "key"
    empty = phrase("No key yet. Every other system that uses the call centre gets one of its own; it is shown once.")
    about = phrase("Access of other systems (HIS, appointment, CRM) to call control.")
    rows = "api_keys.html"
    fields = forms.KEY_FIELDS
    columns = (
        Column(phrase("Key name"), "name"),
        Column(phrase("May")),
        Column(phrase("Comes from")),
        Column(phrase("Last used"), "used"),
        Column(phrase("Good until"), narrow=True),
    )
    follows = phrase(
        "Programs that use this key are refused within a second, agents it signed in become busy when their lease ends."
    )

    def read(self, values: Values) -> ApiKeyDraft:
        return forms.read_key(values)

    async def starting_values(self) -> Mapping[str, Any]:
        return {**await super().starting_values(), "may_read": "1"}

    async def context(self) -> Mapping[str, Any]:
        return {"scopes": SCOPES}


class Webhooks(Resource[Webhook, WebhookDraft]):
    path = "/webhooks"
    title = phrase("Webhooks")
    new = phrase("New webhook")
    icon = "bolt"
    empty = phrase("No webhook yet. A webhook tells another system at once when a phone rings or a call ends.")
    about = phrase("Events sent to other systems, signed, and tried again until they are taken.")
    rows = "webhooks.html"
    fields = forms.WEBHOOK_FIELDS
    columns = (
        Column(phrase("Webhook name"), "name"),
        Column(phrase("Sends to")),
        Column(phrase("Events")),
        Column(phrase("Waiting")),
        Column(phrase("Not delivered")),
        Column(phrase("Last try"), narrow=True),
    )
    follows = phrase("Events that wait for it are dropped.")

    def read(self, values: Values) -> WebhookDraft:
        return forms.read_webhook(values)

    async def starting_values(self) -> Mapping[str, Any]:
        return {"active": "1", "verify_tls": "1"}


class KeyList(RecordList):
    def today(self) -> str:
        return datetime.now(show.zone(self.hospital.time_zone)).date().isoformat()

    def get_template_namespace(self) -> dict[str, Any]:
        return super().get_template_namespace() | {"today": self.today()}


class KeyForm(RecordForm):
    """A new key is shown at once."""

    async def created(self, record_id: int) -> None:
        service = self.resource.service
        assert isinstance(service, KeyService)
        await show_new_key(self, service, record_id)


class KeySecret(Page):
    """Makes a new secret and shows it, once. Reading the page again shows nothing."""

    access: ClassVar[Access] = INTEGRATIONS

    def initialize(self, keys: KeyService) -> None:
        self._keys = keys

    async def post(self, key_id: str) -> None:
        await show_new_key(self, self._keys, int(key_id))


async def show_new_key(page: Page, keys: KeyService, key_id: int) -> None:
    secret = await keys.new_secret(key_id, page.author)
    await page.render(
        "api_key_secret.html",
        title=page.locale.translate("API key"),
        key=await keys.get(key_id),
        secret=secret,
        server=f"https://{page.request.host_name}",
    )


class WebhookState(Page):
    """How a webhook does: its secret, a try, what could not be delivered."""

    access: ClassVar[Access] = INTEGRATIONS

    def initialize(self, webhooks: WebhookService) -> None:
        self._webhooks = webhooks

    async def get(self, webhook_id: str) -> None:
        await self._show(int(webhook_id))

    async def post(self, webhook_id: str) -> None:
        """What to do stands in `do`: test, again or drop."""
        number = int(webhook_id)
        match self.get_body_argument("do", ""):
            case "test":
                await self._show(number, await self._webhooks.try_out(number, self.author))
            case "again":
                await self._webhooks.revive(number, self.author)
                self.done("sent-again", f"/webhooks/{number}/state")
            case "drop":
                await self._webhooks.discard(number, self.author)
                self.done("dropped", f"/webhooks/{number}/state")
            case _:
                await self._show(number)

    async def _show(self, webhook_id: int, sent: Any = None) -> None:
        webhook = await self._webhooks.get(webhook_id)
        await self.render(
            "webhook_state.html",
            title=webhook.name,
            webhook=webhook,
            dead=await self._webhooks.dead(webhook_id),
            sent=sent,
        )


def routes(keys: KeyService, webhooks: WebhookService) -> list[Any]:
    return [
        *record_routes(ApiKeys(keys), INTEGRATIONS, listing=KeyList, form=KeyForm),
        (r"/api-keys/([0-9]{1,18})/secret", KeySecret, {"keys": keys}),
        *record_routes(Webhooks(webhooks), INTEGRATIONS),
        (r"/webhooks/([0-9]{1,18})/state", WebhookState, {"webhooks": webhooks}),
    ]
