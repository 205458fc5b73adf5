"""Pausing the recording: the file goes on with silence, so that it stays in step with the call."""

from functools import partial

from appliance import clock
from appliance.callcenter.calls.model import Call, Segment
from appliance.callcenter.control.floor import Floor


def pause(floor: Floor, call: Call, *, on: bool) -> None:
    """Nothing said from now on is kept, or it is again. Nothing happens when it is already so."""
    if call.record_paused == on or call.customer is None or not call.recordings:
        return
    call.record_paused = on
    now = clock.now_ms()
    if on:
        agent = call.partner.agent if call.partner is not None else None
        call.open_span(Segment("rec_off", now, agent=agent))
    else:
        call.close_span("rec_off", now)
    floor.touch(call)
    name = call.customer.name
    if on:
        floor.do(call, partial(floor.recorder.stop, name))
    else:
        floor.do(call, partial(floor.recorder.go_on, name, call.recordings[-1]))
