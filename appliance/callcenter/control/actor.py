"""Who asks call control for something."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """`address` is the network address of the browser, for the audit."""

    user_id: int
    login: str
    role: str
    agent_id: int | None
    address: str
    channel: str = "desktop"
    name: str = ""
    """What people call the user."""

    @property
    def shown_name(self) -> str:
        return self.name or self.login
