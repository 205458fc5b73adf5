"""What goes wrong again and again is told once, and once more when it is over."""

import logging


class Troubles:
    """By name of what is tried."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._known: dict[str, str] = {}

    def fails(self, what: str, why: object) -> None:
        if what not in self._known:
            self._log.warning("%s: %s", what, why)
        self._known[what] = str(why)

    def works(self, what: str) -> None:
        if self._known.pop(what, None) is not None:
            self._log.info("%s: works again", what)

    def now(self) -> tuple[str, ...]:
        return tuple(f"{what}: {why}" for what, why in self._known.items())
