"""What starting a program has in common: configuration, logging, the exit status."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from appliance import config as configuration
from appliance import db, journal
from appliance.config import Config

USAGE_ERROR = 64
CONFIGURATION_ERROR = 78
"""EX_USAGE and EX_CONFIG of sysexits(3); the units do not restart after the latter."""

PREPARED_LOOK_SECONDS = 0.02


def main(name: str, program: Callable[[Config], Awaitable[None]]) -> None:
    """Run `program` with the configuration file named on the command line, or the default one; exits the process."""
    words = sys.argv[1:]
    if len(words) > 1:
        sys.stderr.write(f"usage: {name} [configuration file]\n")
        sys.exit(USAGE_ERROR)
    path = Path(words[0]) if words else configuration.DEFAULT_PATH
    try:
        config = configuration.load(path)
        journal.configure_logging(config.log_level)
        asyncio.run(_run(program, config))
    except (configuration.ConfigError, db.SchemaError) as error:
        sys.stderr.write(f"<3>{name}: {error}\n")
        sys.exit(CONFIGURATION_ERROR)


async def preparation() -> None:
    """Wait until schema and telephone configuration are prepared; the unit says which file tells that.

    A program that starts beside hcc-prepare has loaded its modules by then. systemd limits the time.
    """
    while not _is_prepared():  # noqa: ASYNC110 - another program's doing, no event tells of it
        await asyncio.sleep(PREPARED_LOOK_SECONDS)


def _is_prepared() -> bool:
    told_by = os.environ.get("HCC_PREPARED")
    return told_by is None or Path(told_by).exists()


async def _run(program: Callable[[Config], Awaitable[None]], config: Config) -> None:
    await program(config)
