"""Two boxes and a witness from three booted images: made, grown, broken off, mended, all through `hcc cluster`."""

import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.box import Box, BoxError, Bridge

SERVICE = "10.99.0.60"
ADDRESSES = {"one": "10.99.0.61", "two": "10.99.0.62", "three": "10.99.0.63"}


class Invited:
    """A running `hcc cluster invite`."""

    def __init__(self, box: Box, *options: str) -> None:
        self._process = box.start(
            "hcc", "cluster", "invite", "--yes", *options, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.said = ""
        while not re.search(r"code .* (\d{8})\b", self.said):
            line = self._process.stdout.readline()
            assert line, self.said
            self.said += line
        self.code = re.search(r"code .* (\d{8})\b", self.said)[1]

    @property
    def wrong_code(self) -> str:
        return f"{(int(self.code) + 1) % 10**8:08}"

    def end(self) -> tuple[int, str]:
        rest, _ = self._process.communicate(timeout=60)
        return self._process.returncode, self.said + rest

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)


@pytest.fixture(scope="module")
def boxes(bridge: Bridge) -> Iterator[dict[str, Box]]:
    made = {name: Box(name, address, bridge, persist=True) for name, address in ADDRESSES.items()}
    try:
        for box in made.values():
            box.boot()
        with ThreadPoolExecutor() as pool:
            list(pool.map(Box.wait_running, made.values()))
        yield made
    finally:
        for box in made.values():
            box.discard()


def cluster(box: Box, *words: str, check: bool = True) -> str:
    return box.run("hcc", "cluster", *words, check=check)


def failure(box: Box, *words: str) -> str:
    with pytest.raises(BoxError) as caught:
        cluster(box, *words)
    return str(caught.value)


@pytest.mark.req("HA-1")
def test_three_machines_become_a_cluster(boxes: dict[str, Box]) -> None:
    one, two, three = boxes.values()
    for _ in range(2):  # to repeat it changes nothing
        assert SERVICE in cluster(one, "init", "--service-address", SERVICE)
    for box, word, option in ((two, "join", ()), (three, "witness", ("--witness",))):
        invited = Invited(one, *option)
        assert "邀请码不正确" in failure(box, word, one.address, invited.wrong_code, "--yes")
        assert "已加入集群" in cluster(box, word, one.address, invited.code, "--yes")
        status, said = invited.end()
        assert (status, box.address in said) == (0, True), said
    for box in boxes.values():
        assert "3 of 3 members healthy" in cluster(box, "status")
