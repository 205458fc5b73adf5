"""No file of ours grows beyond what can be read at a sitting."""

import itertools
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = ("appliance", "bench", "provisioning", "samples", "soak", "tests")
MOST_LINES = 400


def ours() -> list[Path]:
    """Our programs and style sheets; not what is only copied in, nor migrations, which stay as they were written."""
    found = itertools.chain.from_iterable(
        (ROOT / folder).rglob(f"*.{kind}") for folder in OURS for kind in ("py", "js", "css")
    )
    return [file for file in found if not {"vendor", "versions", "node_modules"} & set(file.parts)]


def test_every_file_is_short_enough() -> None:
    files = ours()
    assert len(files) > 400, "looked in the wrong place"
    lengths = {str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines()) for file in files}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}
