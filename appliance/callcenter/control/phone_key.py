"""The secret of browser phones."""

import hashlib
import hmac
from pathlib import Path

from appliance.callcenter.acd.model import Agent


class PhoneKey:
    """Derives the secret of each browser phone, the same again after call control restarted."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def secret(self, agent: Agent) -> str:
        """128 bits, different for every signing-in."""
        key = self._file.read_bytes()
        return hmac.new(key, f"{agent.id}:{agent.sign_in}".encode(), hashlib.sha256).hexdigest()[:32]
