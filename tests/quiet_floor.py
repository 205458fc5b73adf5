"""Call control's floor without a PBX, for unit tests: the journal and the database are real."""

from pathlib import Path
from typing import Any

from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.phone_key import PhoneKey
from appliance.callcenter.control.sounds import Sounds
from appliance.callcenter.live.journal import LiveJournal
from appliance.db import open_plain_engine
from appliance.pbx.ari import AriClient
from appliance.pbx.console import Console
from appliance.pbx.recorder import Recorder


def quiet_floor(folder: Path, **parts: Any) -> Floor:
    """A floor whose files and database lie in `folder`; `parts` are those members that the test brings itself."""
    usual: dict[str, Any] = {
        "ari": AriClient("http://127.0.0.1:1/ari", "hcc", "hcc"),
        "recorder": Recorder(Console("/nowhere"), str(folder)),
        "journal": LiveJournal(open_plain_engine(f"sqlite+aiosqlite:///{folder}/hcc.db"), "test"),
        "console": Console("/nowhere"),
        "sounds": Sounds(folder, {}),
        "phone_key": PhoneKey(folder / "key"),
    }
    return Floor(**usual | parts)
