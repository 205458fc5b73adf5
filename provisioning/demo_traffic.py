"""The callers of the demonstration."""

import threading

from tests.box import Box, Bridge


def place_calls(box: Box, bridge: Bridge, stop: threading.Event) -> None:
    """Place calls to `box` from telephones of our own on `bridge` until `stop` is set."""
    print(f"no callers yet for {box.name} on {bridge.name}", flush=True)
    stop.wait()
