"""Where prompts lie on the disk."""

from pathlib import Path

SYSTEM = "system:"


class Sounds:
    """Where prompts lie: those of the hospital by file name, those of the system in the image's cache."""

    def __init__(self, prompts: Path, system: dict[str, Path]) -> None:
        self._prompts = prompts
        self._system = system

    def path(self, name: str, files: dict[str, str]) -> Path | None:
        """The WAV file of prompt `name`, or None when there is none (yet)."""
        if name.startswith(SYSTEM):
            return self._system.get(name.removeprefix(SYSTEM))
        file = files.get(name)
        return self._prompts / file if file else None
