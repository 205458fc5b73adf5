"""Prompts: texts to be spoken, uploads, listening."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from tornado.http1connection import HTTP1Connection
from tornado.httputil import parse_body_arguments
from tornado.web import stream_request_body

from appliance.callcenter.forms import Field, FormError, Values, phrase
from appliance.callcenter.prompts import forms
from appliance.callcenter.prompts.audio import LARGEST_UPLOAD_BYTES, UPLOAD_SUFFIXES, SoundTooLargeError
from appliance.callcenter.prompts.catalogue import SYSTEM_PROMPTS
from appliance.callcenter.prompts.model import Prompt, PromptDraft, PromptKind
from appliance.callcenter.prompts.rendering import PromptRenderer
from appliance.callcenter.prompts.service import PromptService
from appliance.callcenter.prompts.speech import cached
from appliance.callcenter.prompts.voices import VOICES
from appliance.callcenter.settings.service import SettingsService
from appliance.errors import NotFoundError, UserError
from appliance.webadmin.admin.files import send_file
from appliance.webadmin.admin.page import Page
from appliance.webadmin.admin.records import Column, RecordForm, RecordList, Resource, record_routes
from appliance.webadmin.permissions import Access, Permission, needs

MANAGE = needs(Permission.PROMPTS_MANAGE)
BODY_BYTES = LARGEST_UPLOAD_BYTES + 64 * 1024
"""The file and the rest of the form, which needs little."""

STATUSES = {
    "pending": (phrase("Being spoken"), "yellow"),
    "ready": (phrase("Ready"), "green"),
    "failed": (phrase("Failed"), "red"),
}


class Prompts(Resource[Prompt, PromptDraft]):
    path = "/prompts"
    title = phrase("Prompts")
    new = phrase("New prompt from text")
    icon = "speakerphone"
    empty = phrase("No prompt yet. Type a text and have it spoken, or upload a sound file.")
    about = phrase("What callers hear: texts spoken by the box, or sound files of your own.")
    rows = "prompts.html"
    fields: ClassVar[tuple[Field, ...]] = forms.SPEECH_FIELDS
    columns = (
        Column(phrase("Prompt name"), "name"),
        Column(phrase("Text")),
        Column(phrase("Voice")),
        Column(phrase("Length"), "length"),
        Column(phrase("State"), "status"),
        Column(phrase("Listen"), narrow=True),
    )
    export = ("name", "kind", "text", "voice", "milliseconds", "status")

    def __init__(self, service: PromptService, settings: SettingsService) -> None:
        super().__init__(service)
        self._settings = settings

    def read(self, values: Values) -> PromptDraft:
        return forms.read_speech(values)

    async def starting_values(self) -> Mapping[str, Any]:
        return {"voice": (await self._settings.load()).voice}

    async def context(self) -> Mapping[str, Any]:
        return {"voices": {voice.key: voice for voice in VOICES}, "statuses": STATUSES}


class PromptList(RecordList):
    def counts_as_activity(self) -> bool:
        """The list fetches itself while something is being spoken."""
        return not self.is_fragment()


class PromptForm(RecordForm):
    async def get(self, record_id: str | None = None) -> None:
        if record_id:
            prompt = await self.resource.service.get(int(record_id))
            if prompt.kind is PromptKind.UPLOAD:
                self.redirect(f"/prompts/upload/{record_id}")
                return
        await super().get(record_id)


@stream_request_body
class PromptUpload(Page):
    """A sound file as a prompt: a new one, or in the place of what there was.

    The body is taken in only after `prepare` has let the sender in; nobody else can fill the memory.
    """

    access = MANAGE

    def initialize(self, prompts: PromptService) -> None:
        self._prompts = prompts
        self._body = bytearray()

    async def prepare(self) -> None:
        await super().prepare()
        if not self._finished:
            connection = self.request.connection
            assert isinstance(connection, HTTP1Connection)
            connection.set_max_body_size(BODY_BYTES)

    def data_received(self, chunk: bytes) -> None:
        self._body += chunk

    def check_xsrf_cookie(self) -> None:
        """The token stands in the body, which is not here yet; `post` checks."""

    def _take_form(self) -> None:
        """Raises HTTPError when the form was not made by one of our pages."""
        kind = self.request.headers.get("Content-Type", "")
        parse_body_arguments(kind, bytes(self._body), self.request.body_arguments, self.request.files)
        self._body.clear()
        for name, values in self.request.body_arguments.items():
            self.request.arguments.setdefault(name, []).extend(values)
        super().check_xsrf_cookie()

    async def get(self, prompt_id: str | None = None) -> None:
        await self._show(await self._prompt(prompt_id), {}, {})

    async def post(self, prompt_id: str | None = None) -> None:
        self._take_form()
        prompt = await self._prompt(prompt_id)
        try:
            draft = forms.read_upload(self.values())
            content = self._content(required=prompt is None)
            if content is None and prompt is not None:
                await self._prompts.change(prompt.id, draft, self.author)
            else:
                await self._prompts.upload(prompt.id if prompt else None, draft, content or b"", self.author)
        except UserError as error:
            self.set_status(error.status)
            problems = self.form_problems(error)
            if "" in problems:
                problems["file"] = problems.pop("")
            await self._show(prompt, self.values(), problems)
            return
        self.done("saved", "/prompts")

    async def _prompt(self, prompt_id: str | None) -> Prompt | None:
        return await self._prompts.get(int(prompt_id)) if prompt_id else None

    def _content(self, *, required: bool) -> bytes | None:
        """Raises FormError, SoundTooLargeError."""
        files = self.request.files.get("file", [])
        if not files or not files[0]["body"]:
            if required:
                raise FormError.of("file", phrase("Please choose a sound file"))
            return None
        content: bytes = files[0]["body"]
        if len(content) > LARGEST_UPLOAD_BYTES:
            raise SoundTooLargeError
        return content

    async def _show(self, prompt: Prompt | None, given: dict[str, list[str]], problems: dict[str, str]) -> None:
        def shown(field: Field) -> str:
            if given:
                return given.get(field.name, [""])[-1]
            return field.show(getattr(prompt, field.name)) if prompt else ""

        await self.render(
            "prompt_upload.html",
            title=prompt.name if prompt else self.locale.translate("New prompt from a sound file"),
            prompt=prompt,
            fields=forms.UPLOAD_FIELDS,
            shown=shown,
            problems=problems,
            accept=",".join(UPLOAD_SUFFIXES),
            largest=LARGEST_UPLOAD_BYTES // 1024 // 1024,
        )


class PromptRetry(Page):
    access: ClassVar[Access] = MANAGE

    def initialize(self, prompts: PromptService) -> None:
        self._prompts = prompts

    async def post(self, prompt_id: str) -> None:
        await self._prompts.retry(int(prompt_id), self.author)
        self.redirect("/prompts", status=303)


class PromptAudio(Page):
    access = needs(Permission.PROMPTS_MANAGE, Permission.FLOWS_VIEW)

    def initialize(self, prompts: PromptService) -> None:
        self._prompts = prompts

    async def get(self, prompt_id: str) -> None:
        prompt = await self._prompts.get(int(prompt_id))
        await send_file(self, self._prompts.files.path(prompt), "audio/wav", None)


class SystemAudio(Page):
    """The box's own prompts, as spoken when it was built."""

    access = needs(Permission.PROMPTS_MANAGE, Permission.FLOWS_VIEW)

    def initialize(self, speech: str) -> None:
        self._speech = Path(speech)

    async def get(self, key: str) -> None:
        text = {prompt.key: prompt.text(self.locale.code) for prompt in SYSTEM_PROMPTS}.get(key)
        path = cached(self._speech, text) if text is not None else None
        if path is None:
            raise NotFoundError
        await send_file(self, path, "audio/wav", None)


class PromptPreview(Page):
    """Speaks a text without storing it; answers with a player."""

    access = MANAGE

    def initialize(self, renderer: PromptRenderer) -> None:
        self._renderer = renderer

    async def post(self) -> None:
        text = self.get_body_argument("text", "").strip()
        voice = self.get_body_argument("voice", "")
        problem, key = "", ""
        try:
            forms.refuse_unspeakable(text, voice)
            key = await self._renderer.preview(text, voice)
        except UserError as error:
            problem = "; ".join(self.form_problems(error).values())
        await self.render("prompt_preview.html", key=key, problem=problem)


class PreviewAudio(Page):
    access = MANAGE

    def initialize(self, renderer: PromptRenderer) -> None:
        self._renderer = renderer

    async def get(self, key: str) -> None:
        path = self._renderer.preview_file(key)
        if path is None:
            raise NotFoundError
        await send_file(self, path, "audio/wav", None)


def routes(resource: Prompts, prompts: PromptService, renderer: PromptRenderer, speech: str) -> list[Any]:
    given = {"prompts": prompts}
    return [
        (r"/prompts/upload", PromptUpload, given),
        (r"/prompts/upload/([0-9]{1,18})", PromptUpload, given),
        (r"/prompts/preview", PromptPreview, {"renderer": renderer}),
        (r"/prompts/preview/([0-9a-f]{64})", PreviewAudio, {"renderer": renderer}),
        (r"/prompts/system/([a-z0-9-]{1,60})", SystemAudio, {"speech": speech}),
        (r"/prompts/([0-9]{1,18})/audio", PromptAudio, given),
        (r"/prompts/([0-9]{1,18})/retry", PromptRetry, given),
        *record_routes(resource, MANAGE, listing=PromptList, form=PromptForm),
    ]
