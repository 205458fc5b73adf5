"""What does not work is logged when it begins, not each time it is tried again."""

import contextlib
import logging
from collections.abc import Iterator


class Complaints:
    def __init__(self, log: logging.Logger, about: str, *errors: type[Exception]) -> None:
        self._log = log
        self._about = about
        self._errors = errors
        self._open: set[str] = set()

    @contextlib.contextmanager
    def about(self, what: str) -> Iterator[None]:
        """Swallows the errors that were named; the first of a row is a warning, its end a note."""
        try:
            yield
        except self._errors as error:
            if what not in self._open:
                self._log.warning("%s, %s: %s", self._about, what, error)
            self._open.add(what)
        else:
            if what in self._open:
                self._log.info("%s, %s: works again", self._about, what)
            self._open.discard(what)
