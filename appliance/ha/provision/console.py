"""What every `hcc cluster` command does at the terminal."""

import asyncio
import sys
from collections.abc import Sequence

from appliance.ha import cluster_file
from appliance.ha.cluster_file import Cluster
from appliance.ha.provision.errors import AloneError
from appliance.ha.provision.places import Places

YES = frozenset({"y", "yes", "是", "是的"})


def say(text: str = "") -> None:
    print(text, flush=True)


def table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def present_cluster(places: Places) -> Cluster:
    """Raises AloneError."""
    found = cluster_file.load(places.cluster_file)
    if found is None:
        raise AloneError
    return found


async def asked(question: str, *, yes: bool) -> bool:
    """A person's yes; without a terminal only `--yes` counts."""
    if yes or not sys.stdin.isatty():
        return yes
    say(question)
    answer = await asyncio.to_thread(input, "yes / no 是 / 否: ")
    return answer.strip().lower() in YES


def typed(sentences: Sequence[str]) -> str:
    """What a person (or a program, through standard input) types where a sentence is demanded."""
    say("type one of these, exactly 请逐字键入其中一句:")
    for sentence in sentences:
        say(f"    {sentence}")
    return sys.stdin.readline()
