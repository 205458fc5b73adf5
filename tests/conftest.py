"""Fixtures that more than one folder of tests uses."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.box import Box, Bridge

BRIDGE_ADDRESS = "10.99.0.1/24"
BOX_ADDRESS = "10.99.0.10"

# The checks try the same cases every time; `make unit ARGS="--hypothesis-profile=search"` looks for new ones.
settings.register_profile("search", print_blob=True)
settings.register_profile("same", derandomize=True)
settings.load_profile("same")


@pytest.fixture(scope="session")
def bridge() -> Iterator[Bridge]:
    """The network between the tests and their boxes; the tests are its .1."""
    with Bridge("hcctest", BRIDGE_ADDRESS) as bridge:
        yield bridge


@pytest.fixture(scope="session")
def box(bridge: Bridge) -> Iterator[Box]:
    """One appliance, booted once for all tests of a run, everything on it up."""
    with Box("appliance", BOX_ADDRESS, bridge) as box:
        box.boot()
        box.wait_running()
        yield box
