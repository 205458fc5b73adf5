"""Deciding when the board raises an alarm."""

from functools import partial
from typing import Annotated

import msgspec

from appliance.callcenter.control import auditing
from appliance.callcenter.supervision import store
from appliance.callcenter.supervision.thresholds import QueueLimits, Seconds, Thresholds, check
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.errors import InvalidError


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    queues: Annotated[dict[str, QueueLimits], told("各队列的界限，0 为其余队列", "limits by queue id; 0 = all others")]
    states: Annotated[dict[str, Seconds], told("各状态最长秒数", "longest stay in a state, in seconds")]
    sound: Annotated[bool, told("声音提醒", "whether it sounds")] = True


async def run(request: Request, arguments: Arguments) -> Document | None:
    floor = request.floor
    new = Thresholds(arguments.queues, arguments.states, arguments.sound)
    if wrong := check(new):
        raise InvalidError(wrong[:32])
    if new != floor.office.thresholds:
        floor.office.thresholds = new
        floor.journal.store(partial(store.put_thresholds, new=new))
        auditing.note(floor, request.actor, "change", "board", "", msgspec.json.encode(new).decode())
        floor.publish({"thresholds": msgspec.to_builtins(new)})
        await floor.journal.flushed()
    return None


verb = Verb(
    "set_thresholds",
    "设置告警界限",
    "Set thresholds",
    "Decide when queues and states are marked on the board.",
    Arguments,
    run,
    "board.manage",
    text_zh="设置看板上队列和坐席状态的告警界限。",
)
