"""Fixtures that more than one folder of tests uses."""

from collections.abc import Iterator

import pytest

from tests.box import Box, Bridge

BRIDGE_ADDRESS = "10.99.0.1/24"
BOX_ADDRESS = "10.99.0.10"


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
