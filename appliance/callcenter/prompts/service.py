"""Administering prompts. Text is spoken by `rendering`; uploads are converted here."""

import asyncio
import tempfile
from pathlib import Path
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.forms import FormError
from appliance.callcenter.ivr.flow_store import flows_with_prompt
from appliance.callcenter.people import audit
from appliance.callcenter.people.model import Author
from appliance.callcenter.prompts import store
from appliance.callcenter.prompts.audio import convert_upload
from appliance.callcenter.prompts.model import Prompt, PromptDraft, PromptKind, PromptStatus
from appliance.callcenter.prompts.store import PromptStore
from appliance.callcenter.prompts.tables import PromptRow
from appliance.callcenter.queues.store import queues_with_target
from appliance.callcenter.records import RecordService
from appliance.callcenter.settings.store import bump_revision
from appliance.db import Sessions
from appliance.errors import ConflictError, NotFoundError

CONVERSIONS_AT_ONCE = 1


class PromptFiles:
    """The folder of sound files, each named by its own hash: a file never changes while a caller hears it."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def path(self, prompt: Prompt) -> Path:
        """Raises NotFoundError when the prompt has no sound yet."""
        path = self.folder / prompt.file
        if not prompt.file or not path.is_file():
            raise NotFoundError
        return path

    def workplace(self) -> tempfile.TemporaryDirectory[str]:
        """A folder on the same disk, so that a finished file only has to be renamed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(prefix=".new-", dir=self.folder)

    def keep(self, made: Path, sha256: str) -> str:
        """Move a finished file to its name; returns the name."""
        name = f"{sha256}.wav"
        made.chmod(0o644)
        made.replace(self.folder / name)
        return name


class PromptService(RecordService[Prompt, PromptDraft]):
    kind: ClassVar[str] = "prompt"

    def __init__(self, sessions: Sessions, files: PromptFiles) -> None:
        super().__init__(sessions, PromptStore())
        self.files = files
        self.work = asyncio.Event()
        """Set when there may be something to speak."""
        self._converting = asyncio.Semaphore(CONVERSIONS_AT_ONCE)

    async def create(self, draft: PromptDraft, author: Author) -> int:
        prompt_id = await super().create(draft, author)
        self.work.set()
        return prompt_id

    async def change(self, record_id: int, draft: PromptDraft, author: Author) -> None:
        await super().change(record_id, draft, author)
        self.work.set()

    async def upload(self, prompt_id: int | None, draft: PromptDraft, content: bytes, author: Author) -> int:
        """Convert a sound file and make it the prompt's; a new prompt without an id.

        Raises the errors of `audio.convert_upload`, FormError.
        """
        async with self._converting:
            name, milliseconds = await asyncio.get_running_loop().run_in_executor(None, self._convert, content)
        if prompt_id is None:
            prompt_id = await super().create(draft, author)
        else:
            await super().change(prompt_id, draft, author)
        async with self._sessions() as session, session.begin():
            prompt = await self._store.get(session, prompt_id)
            await store.set_ready(session, prompt, name, milliseconds)
            audit.note(session, author, "upload", self.kind, prompt_id, name)
            await bump_revision(session)
        return prompt_id

    def _convert(self, content: bytes) -> tuple[str, int]:
        with self.files.workplace() as folder:
            source, made = Path(folder) / "upload", Path(folder) / "prompt.wav"
            source.write_bytes(content)
            sound = convert_upload(source, made)
            return self.files.keep(made, sound.sha256), round(sound.seconds * 1000)

    async def retry(self, prompt_id: int, author: Author) -> None:
        """Speak it once more, after a failure."""
        async with self._sessions() as session, session.begin():
            prompt = await self._store.get(session, prompt_id)
            if prompt.kind is PromptKind.SPEECH:
                await store.set_pending(session, prompt_id)
                audit.note(session, author, "retry", self.kind, prompt_id)
        self.work.set()

    async def check(self, session: AsyncSession, draft: PromptDraft, record_id: int | None) -> None:
        await self.refuse_taken(session, "name", PromptRow.name, draft.name, record_id)
        if record_id is None:
            return
        before = await self._store.get(session, record_id)
        flows = await flows_with_prompt(session, before.name) if before.name != draft.name else []
        if flows:
            raise FormError.of("name", "Used by flow: %(flows)s", flows=", ".join(flows))

    async def after_change(self, session: AsyncSession, before: Prompt, draft: PromptDraft) -> None:
        """What was spoken stays in use until the new text has been spoken."""
        spoken = before.status is PromptStatus.READY and before.kind is draft.kind
        if draft.kind is PromptKind.SPEECH and not (
            spoken and before.text == draft.text and before.voice == draft.voice
        ):
            await store.set_pending(session, before.id)

    async def check_delete(self, session: AsyncSession, record_id: int) -> None:
        prompt = await self._store.get(session, record_id)
        used = await flows_with_prompt(session, prompt.name)
        used += await queues_with_target(session, "prompt", record_id)
        if used:
            raise ConflictError(", ".join(used))
