"""Lines of the audit log about what was asked of call control.

They go with the journal's next batch: what is done on the floor is done at once and cannot wait for the database.
"""

from appliance import clock
from appliance.callcenter.control.actor import Actor
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.people.audit import DETAIL_LENGTH
from appliance.callcenter.people.tables import AuditRow


def note(floor: Floor, actor: Actor, action: str, kind: str, subject: int | str, detail: str = "") -> None:
    """Add one line. To be sure of it, wait for `floor.journal.flushed()`."""
    floor.journal.add(
        AuditRow,
        {
            "at": clock.now_ms(),
            "user_id": actor.user_id,
            "login": actor.login,
            "address": actor.address,
            "action": action,
            "subject_kind": kind,
            "subject_id": str(subject),
            "detail": detail[:DETAIL_LENGTH],
        },
    )
