"""Writing call records: an interaction with its segments and recordings, once, when the call is over."""

from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, insert, select

from appliance.callcenter.calls.model import CARRIED, Call, Outcome, Segment
from appliance.callcenter.calls.tables import InteractionRow, RecordingRow, SegmentRow
from appliance.clock import Millis
from appliance.text import lookup_number

# Built once: what every call needs.
_STORED = select(InteractionRow.id).where(InteractionRow.id == bindparam("call"))
_PUT_INTERACTION, _PUT_SEGMENT, _PUT_RECORDING = insert(InteractionRow), insert(SegmentRow), insert(RecordingRow)


def store(connection: Connection, call: Call, ended_at: Millis) -> None:
    """Store the finished `call`. Doing so twice changes nothing (a crash may come between)."""
    if connection.scalar(_STORED, {"call": call.id}) is not None:
        return
    path = [list(step) for step in call.run.path] if call.run is not None else []
    connection.execute(_PUT_INTERACTION, [_interaction(call, path, ended_at)])
    if stretches := [*call.segments, *call.spans]:
        connection.execute(_PUT_SEGMENT, [_segment(call, segment, ended_at) for segment in stretches])
    if call.recordings:
        connection.execute(_PUT_RECORDING, [_recording(call, piece, ended_at) for piece in range(len(call.recordings))])


def _interaction(call: Call, path: list[list[str]], ended_at: Millis) -> dict[str, Any]:
    return {
        "id": call.id,
        "direction": call.direction.value,
        "caller": call.caller[:64],
        "called": call.called[:64],
        "remote_lookup": lookup_number(call.remote)[:32],
        "trunk": call.trunk,
        "patient_id": call.patient_id,
        "queue_id": call.queue,
        "agent_id": call.talked_with,
        "started_at": call.started_at,
        "answered_at": call.answered_at,
        "ended_at": ended_at,
        "outcome": (call.outcome or Outcome.FAILED).value,
        "hung_up_by": call.hung_up_by,
        "flow_path": msgspec.json.encode(path).decode(),
        "wait_ms": call.total_ms("wait", "ring"),
        "talk_ms": call.total_ms("talk", "hold"),
        "rating": call.rating,
    }


def _segment(call: Call, segment: Segment, ended_at: Millis) -> dict[str, Any]:
    return {
        "interaction_id": call.id,
        "kind": segment.kind,
        "started_at": segment.started_at,
        "ended_at": segment.ended_at if segment.ended_at is not None else ended_at,
        "queue_id": segment.queue,
        "agent_id": segment.agent,
        "party": segment.party[:64],
        "result": segment.result[:24],
    }


def _recording(call: Call, piece: int, ended_at: Millis) -> dict[str, Any]:
    """The first piece begins with the talk, each other one when the talk had been carried over."""
    resumed = [span.ended_at for span in call.spans if span.kind == CARRIED and span.ended_at is not None]
    starts = [call.answered_at or ended_at, *resumed]
    return {
        "id": call.recordings[piece],
        "interaction_id": call.id,
        "started_at": starts[min(piece, len(starts) - 1)],
    }
