"""What pages wish of the pair: messages to the agent of this box, which alone holds the keys of etcd."""

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec

WISHES = Path("/run/hcc/ha-wish.sock")
ANSWER_SECONDS = 10.0

type By = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
type Box = Annotated[str, msgspec.Meta(max_length=31)]
type Minutes = Annotated[int, msgspec.Meta(ge=0, le=120)]


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="wish", kw_only=True):
    by: By
    """Who wants it; kept with the wish and in the journal."""


class SwitchOver(Wish, frozen=True, tag="switch-over", kw_only=True):
    to: Box
    drain_minutes: Minutes = 0
    """How long it waits for calls to end."""
    anyway: bool = False
    """In spite of reasons that are worth knowing; those that block it always do."""


class StopSwitchOver(Wish, frozen=True, tag="stop-switch-over"):
    pass


class BeginMaintenance(Wish, frozen=True, tag="begin-maintenance", kw_only=True):
    box: Box


class EndMaintenance(Wish, frozen=True, tag="end-maintenance"):
    pass


class ClearHold(Wish, frozen=True, tag="clear-hold"):
    pass


type AnyWish = SwitchOver | StopSwitchOver | BeginMaintenance | EndMaintenance | ClearHold


class Answer(msgspec.Struct, frozen=True):
    """`error` empty: it is written down for the active box. Else a stable code, and what to tell people."""

    error: str = ""
    zh: str = ""
    en: str = ""


SILENT = Answer(
    "agent-silent",
    "本机的双机程序没有回应，未执行",
    "The pair's agent on this box does not answer; nothing was done",
)


async def send(wish: AnyWish, path: Path = WISHES) -> Answer:
    """Returns when the wish is known to all, or refused."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                writer.write(msgspec.json.encode(wish) + b"\n")
                return msgspec.json.decode(await reader.read(), type=Answer)
            finally:
                writer.close()
    except OSError, TimeoutError, msgspec.DecodeError:
        return SILENT
