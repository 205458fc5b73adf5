"""Files of the pair: what becomes of them, and that no name leads out of their folders."""

from pathlib import Path

import pytest

from appliance.callcenter.replica import places, rules
from appliance.callcenter.replica.model import Filed, Spooled
from appliance.callcenter.replica.places import BadNameError, Folders
from appliance.callcenter.replica.resting import Resting
from appliance.callcenter.replica.rules import Fate

pytestmark = pytest.mark.req("REC-2")

OUTSIDE = (
    "../secrets/web-phone.key",
    "2026/11/23/../../../secrets/x.wav",
    "/etc/passwd",
    "2026/11/23/a.wav\n",
    "2026/11/23/a.wav\0",
    "2026/11/23/.wav",
    "2026/11/23/a.wav.part",
    "２０２６/11/23/a.wav",
    "",
)


def row(status: str = "ready", size: int = 844, *, salvaged: bool = False) -> Filed:
    return Filed("a-1", "2026/11/23/a-1.wav", size, "0" * 64, status, salvaged)


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_name_leads_out_of_the_folder(name: str, tmp_path: Path) -> None:
    folders = Folders(*(tmp_path / word for word in ("recordings", "prompts", "spool", "tails")))
    for place in (folders.recording, folders.cut, folders.prompt, folders.spooled, folders.tail):
        with pytest.raises(BadNameError):
            place(name)


@pytest.mark.parametrize(
    ("raw_bytes", "quiet_ms", "known", "here", "expected"),
    [
        (800, 9_000, None, False, Fate.WAIT),  # the call may not be over
        (800, 1_000, row("missing"), False, Fate.WAIT),  # it may still be written
        (800, 9_000, row("pending"), True, Fate.WAIT),  # it is about to be filed here
        (800, 9_000, row("pending"), False, Fate.FETCH),
        (800, 9_000, row("missing"), False, Fate.FETCH),
        (800, 9_000, row("damaged"), False, Fate.FETCH),
        (800, 9_000, row(size=100, salvaged=False), False, Fate.DROP),  # filed before the box went
        (800, 9_000, row(size=444, salvaged=True), False, Fate.FETCH),  # a tail was filed, this is longer
        (800, 9_000, row(size=844, salvaged=True), False, Fate.DROP),
        (803, 9_000, row(size=844, salvaged=True), False, Fate.DROP),  # half a frame is nothing
        (800, 9_000, row("deleted"), False, Fate.DROP),
    ],
)
def test_what_a_box_wrote_before_it_went_is_fetched_if_it_is_more(
    raw_bytes: int, quiet_ms: int, known: Filed | None, *, here: bool, expected: Fate
) -> None:
    assert rules.fate(Spooled("a-1", raw_bytes, quiet_ms), known, here=here) is expected


def test_tails_grow_where_the_recording_grew_and_begin_anew_when_it_did() -> None:
    spool = [Spooled("grown-1", 900, 0), Spooled("same-1", 500, 0), Spooled("anew-1", 100, 0), Spooled("empty-1", 0, 0)]
    tails = {"grown-1": 640, "same-1": 500, "anew-1": 700, "gone-1": 50}
    assert rules.to_tail(spool, tails) == [("grown-1", 640), ("anew-1", 0)]


@pytest.mark.parametrize(
    ("known", "here", "quiet_ms", "done"),
    [
        (row(), True, 0, True),
        (row(), False, 10**9, False),  # the only sound of it that this box has
        (row("pending"), False, 10**9, False),
        (row("missing"), False, 0, False),
        (row("deleted"), False, 0, True),
        (None, False, 60_000, False),
        (None, False, 25 * 3_600_000, True),  # no call ever named it
    ],
)
def test_a_tail_is_kept_until_it_is_of_no_use(known: Filed | None, *, here: bool, quiet_ms: int, done: bool) -> None:
    assert rules.tail_is_done(known, filed_here=here, quiet_ms=quiet_ms) is done


def test_appending_goes_on_from_the_byte_that_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.raw"
    places.append(path, 0, b"abcdef")
    places.append(path, 6, b"ghi")
    assert path.read_bytes() == b"abcdefghi"
    places.append(path, 2, b"XY")
    assert path.read_bytes() == b"abXY"


def test_what_rests_is_tried_again_and_never_grows_without_end() -> None:
    now = 0.0
    resting = Resting(most=3, clock=lambda: now)
    for number, seconds in enumerate((5, 50, 50, 50)):
        resting.rest(str(number), seconds)
    assert resting.now() == {"1", "2", "3"}
    now = 60.0
    assert not resting.now()
