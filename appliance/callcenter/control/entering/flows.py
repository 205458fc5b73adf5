"""Walking a caller through a published flow."""

from datetime import datetime
from functools import partial

from appliance import clock
from appliance.callcenter.acd.policy import Need
from appliance.callcenter.calls.model import Call, Outcome, Phase, Segment
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import finish, set_phase
from appliance.callcenter.control.rooms import rooms
from appliance.callcenter.control.speech import say, stop_saying
from appliance.callcenter.control.waiting import queueing
from appliance.callcenter.ivr import rules
from appliance.callcenter.ivr.model import Flow, FlowRun

RECORDING_NOTICE = "system:recording-notice"


def begin(floor: Floor, call: Call, flow_id: int) -> None:
    """Start the published version of a flow; the call keeps that version to its end."""
    known = floor.directory.flows.get(flow_id)
    if known is None:
        finish(floor, call, Outcome.FAILED, "system")
        return
    version, flow = known
    call.flow_id, call.flow_version = flow_id, version
    floor.flows_in_use[call.id] = flow
    set_phase(floor, call, Phase.FLOW, Segment("ivr", clock.now_ms()))
    _take(floor, call, rules.begin(flow, clock.now_ms(), _context(floor, call)))


def resume(floor: Floor, call: Call) -> None:
    """After call control was away: say the present node again."""
    known = floor.directory.flows.get(call.flow_id or 0)
    if known is None or call.run is None or call.run.node not in known[1].nodes:
        finish(floor, call, call.outcome or Outcome.FAILED, "system")
        return
    floor.flows_in_use[call.id] = known[1]
    if call.playback:
        floor.send(call, partial(floor.ari.stop_playback, call.playback))
    _step(floor, call, rules.Started(clock.now_ms()))


def digit(floor: Floor, call: Call, key: str) -> None:
    _step(floor, call, rules.Digit(clock.now_ms(), key))


def play_finished(floor: Floor, call: Call) -> None:
    _step(floor, call, rules.PlayFinished(clock.now_ms()))


def _context(floor: Floor, call: Call) -> rules.Context:
    return rules.Context(datetime.now(floor.directory.zone), call.vip)


def _step(floor: Floor, call: Call, event: rules.Event) -> None:
    flow: Flow | None = floor.flows_in_use.get(call.id)
    if flow is not None and call.run is not None and not call.run.finished:
        _take(floor, call, rules.step(flow, call.run, event, _context(floor, call)))


def _take(floor: Floor, call: Call, result: tuple[FlowRun, list[rules.Effect]]) -> None:
    call.run, effects = result
    floor.touch(call)
    floor.set_timer(
        "flow", call.id, call.run.deadline, lambda: _step(floor, call, rules.DeadlinePassed(clock.now_ms()))
    )
    for effect in effects:
        _carry_out(floor, call, effect)


def _carry_out(floor: Floor, call: Call, effect: rules.Effect) -> None:
    match effect:
        case rules.Say(prompts):
            if not say(floor, call, _with_notice(floor, call, prompts)):
                play_finished(floor, call)
        case rules.StopSaying():
            stop_saying(floor, call)
        case rules.EnterQueue(number, priority, skills):
            floor.flows_in_use.pop(call.id, None)
            known = floor.directory.skills
            call.needs = [Need(known[name], level) for name, level in skills if name in known]
            queue = floor.directory.queues_by_number.get(number)
            if number in floor.directory.rooms:
                rooms.enter(floor, call, number)
            elif queue is None:
                finish(floor, call, Outcome.FAILED, "system")
            else:
                queueing.enter(floor, call, queue, priority)
        case rules.End():
            floor.flows_in_use.pop(call.id, None)
            finish(floor, call, Outcome.SELF_SERVICE, "system")


def _with_notice(floor: Floor, call: Call, prompts: tuple[str, ...]) -> tuple[str, ...]:
    """Once per call, behind the first words: that calls are recorded, where the hospital wants it said."""
    if call.notified or not floor.directory.settings.recording_notice:
        return prompts
    call.notified = True
    return (*prompts[:1], RECORDING_NOTICE, *prompts[1:])
