"""What the command lines have alike."""

import argparse
from collections.abc import Callable


def add_command(
    group: argparse._SubParsersAction[argparse.ArgumentParser], name: str, command: Callable[..., int]
) -> argparse.ArgumentParser:
    """A word that runs `command`; the first line of its docstring is the help."""
    one = group.add_parser(name, help=(command.__doc__ or "").splitlines()[0])
    one.set_defaults(command=command)
    return one
