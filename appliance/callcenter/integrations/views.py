"""Published views of the database, for integrators' own reports. Their names and columns do not change.

They are taken away before and made again after every migration, so that tables may change under them.
"""

from sqlalchemy import Connection, text

CTI_CALL = """
SELECT i.id AS call_id, i.direction, i.caller, i.called, i.trunk, i.patient_id,
       q.number AS queue_number, q.name AS queue_name, a.number AS agent_number, u.name AS agent_name,
       i.started_at, i.answered_at, i.ended_at, i.ended_at - i.started_at AS total_ms,
       i.wait_ms, i.talk_ms,
       COALESCE((SELECT SUM(s.ended_at - s.started_at) FROM segment s
                 WHERE s.interaction_id = i.id AND s.kind = 'ivr'), 0) AS ivr_ms,
       COALESCE((SELECT SUM(s.ended_at - s.started_at) FROM segment s
                 WHERE s.interaction_id = i.id AND s.kind = 'ring'), 0) AS ring_ms,
       COALESCE((SELECT SUM(s.ended_at - s.started_at) FROM segment s
                 WHERE s.interaction_id = i.id AND s.kind = 'hold'), 0) AS hold_ms,
       i.outcome, i.hung_up_by,
       (SELECT w.business_type FROM wrap_up w WHERE w.interaction_id = i.id ORDER BY w.id DESC LIMIT 1)
           AS business_type,
       (SELECT w.outcome FROM wrap_up w WHERE w.interaction_id = i.id ORDER BY w.id DESC LIMIT 1) AS result
FROM interaction i
LEFT JOIN queue q ON q.id = i.queue_id
LEFT JOIN agent a ON a.id = i.agent_id
LEFT JOIN user_account u ON u.id = a.user_id
"""

CTI_AGENT_STATUS = """
SELECT a.number AS agent_number, u.name AS agent_name, e.number AS extension,
       COALESCE(l.state, 'signed_out') AS state, COALESCE(l.cause, '') AS cause, l.at AS since,
       COALESCE(l.interaction_id, '') AS call_id
FROM agent a
JOIN user_account u ON u.id = a.user_id
LEFT JOIN extension e ON e.id = a.extension_id
LEFT JOIN agent_state_log l ON l.id =
    (SELECT n.id FROM agent_state_log n WHERE n.agent_id = a.id ORDER BY n.at DESC, n.id DESC LIMIT 1)
"""

CTI_AGENT_LOG = """
SELECT l.id AS log_id, a.number AS agent_number, u.name AS agent_name, l.state, l.cause, l.at,
       l.interaction_id AS call_id
FROM agent_state_log l
JOIN agent a ON a.id = l.agent_id
JOIN user_account u ON u.id = a.user_id
"""

CTI_QUEUE = """
SELECT q.number AS queue_number, q.name AS queue_name, q.service_level_seconds,
       (SELECT COUNT(*) FROM queue_agent m WHERE m.queue_id = q.id) AS agents
FROM queue q
"""

CTI_RECORDING = """
SELECT r.id AS recording_id, r.interaction_id AS call_id, r.started_at, r.milliseconds, r.status, r.file, r.size_bytes,
       r.sha256
FROM recording r
"""

VIEWS = {
    "cti_call": CTI_CALL,
    "cti_agent_status": CTI_AGENT_STATUS,
    "cti_agent_log": CTI_AGENT_LOG,
    "cti_queue": CTI_QUEUE,
    "cti_recording": CTI_RECORDING,
}

COLUMNS = {
    "cti_call": (
        *("call_id", "direction", "caller", "called", "trunk", "patient_id", "queue_number", "queue_name"),
        *("agent_number", "agent_name", "started_at", "answered_at", "ended_at", "total_ms", "wait_ms", "talk_ms"),
        *("ivr_ms", "ring_ms", "hold_ms", "outcome", "hung_up_by", "business_type", "result"),
    ),
    "cti_agent_status": ("agent_number", "agent_name", "extension", "state", "cause", "since", "call_id"),
    "cti_agent_log": ("log_id", "agent_number", "agent_name", "state", "cause", "at", "call_id"),
    "cti_queue": ("queue_number", "queue_name", "service_level_seconds", "agents"),
    "cti_recording": (
        *("recording_id", "call_id", "started_at", "milliseconds", "status", "file", "size_bytes", "sha256"),
    ),
}
"""What integrators rely on."""

READER = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cti_reader') THEN CREATE ROLE cti_reader NOLOGIN; END IF;
EXCEPTION WHEN insufficient_privilege THEN RAISE NOTICE 'role cti_reader must be made by the administrator';
END $$
"""
GRANT = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'cti_reader') THEN GRANT SELECT ON {views} TO cti_reader; END IF;
END $$
"""


def drop(connection: Connection) -> None:
    for name in VIEWS:
        connection.execute(text(f"DROP VIEW IF EXISTS {name}"))


def create(connection: Connection) -> None:
    """Make the views; on PostgreSQL the role `cti_reader` may read them and nothing else."""
    for name, query in VIEWS.items():
        connection.execute(text(f"CREATE VIEW {name} AS {query}"))
    if connection.dialect.name == "postgresql":
        connection.execute(text(READER))
        connection.execute(text(GRANT.format(views=", ".join(VIEWS))))
