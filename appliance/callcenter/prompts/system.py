"""Where the system's own prompts lie in the image."""

from pathlib import Path

from appliance.callcenter.prompts.catalogue import SYSTEM_PROMPTS


def system_sounds(speech: Path, language: str = "zh_CN") -> dict[str, Path]:
    """Prompt key → sound file, for those that were rendered."""
    folder = speech / "system" / language
    paths = {prompt.key: folder / f"{prompt.key}.wav" for prompt in SYSTEM_PROMPTS}
    return {key: path for key, path in paths.items() if path.exists()}
