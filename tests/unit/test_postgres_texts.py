"""Pure parts of the pair's database: quoting, access rules, positions and time lines, what a look is judged to mean."""

from pathlib import Path

import pytest

from appliance.ha.cluster_file import Cluster, Member, Part, ServiceAddress
from appliance.ha.decision.model import Role
from appliance.ha.postgres import configuration, judging
from appliance.ha.postgres.commands import percent
from appliance.ha.postgres.judging import Diary, Proof, judged
from appliance.ha.postgres.layout import Ends, Layout
from appliance.ha.postgres.looking import Look
from appliance.ha.postgres.positions import Course, Position, parse_history, parse_lsn, segment_name, show_lsn
from appliance.ha.postgres.server import last_words

pytestmark = pytest.mark.req("HA-4")

ENDS = Ends("box-1", ("10.1.0.1",), "box-2", ("10.9.0.2", "fd00::2"), Path("/etc/hcc/pki"))
MEGABYTE = 2**20


def cluster() -> Cluster:
    boxes = (
        Member("box-1", Part.BOX, "10.1.0.1", "10.9.0.1"),
        Member("box-2", Part.BOX, "10.1.0.2", "10.9.0.2"),
        Member("watch", Part.WITNESS, "10.1.0.3"),
    )
    return Cluster("care", "box-1", boxes, ServiceAddress("eth0", "10.1.0.9"))


def test_direct_link_is_tried_first() -> None:
    ends = Ends.of(cluster())
    assert (ends.me, ends.peer, ends.slot) == ("box-1", "box-2", "hcc_box_1")
    assert ends.peer_addresses == ("10.9.0.2", "10.1.0.2")
    assert "host='10.9.0.2,10.1.0.2'" in configuration.conninfo(configuration.to_peer(Layout(), ends))


@pytest.mark.parametrize(
    ("value", "text"),
    [("a b", "x='a b'"), ("it's", r"x='it\'s'"), ("a\\b", r"x='a\\b'"), ("", "x=''"), (5, "x='5'")],
)
def test_connection_strings_are_quoted(value: object, text: str) -> None:
    assert configuration.conninfo({"x": value}) == text


def test_a_connection_string_within_a_setting_is_quoted_twice() -> None:
    assert configuration.setting(configuration.conninfo({"x": "it's"})) == r"'x=''it\\''s'''"


def test_only_the_peer_is_let_in_from_outside() -> None:
    rules = [line.split() for line in configuration.access(ENDS).splitlines() if not line.startswith("#")]
    outside = [rule for rule in rules if rule[0] != "local"]
    assert {rule[3] for rule in outside} == {"10.9.0.2/32", "fd00::2/128"}
    assert {(rule[0], rule[2], rule[4]) for rule in outside} == {("hostssl", "hcc_replica", "cert")}
    alone = Ends("box-1", ("10.1.0.1",), None, (), Path("/etc/hcc/pki"))
    assert "hostssl" not in configuration.access(alone)
    assert "primary_conninfo = ''" in configuration.settings(Layout(), alone)


def test_a_standby_is_closed_and_keeps_what_a_person_has_set() -> None:
    text = (
        "# by ALTER SYSTEM\nwork_mem = '8MB'\nprimary_conninfo = 'host=old'\nSynchronous_Standby_Names = '\"box-1\"'\n"
    )
    text += "recovery_target_lsn = '0/0'\n"
    assert configuration.closed(text, "box-2") == (
        "# by ALTER SYSTEM\nwork_mem = '8MB'\nsynchronous_standby_names = '\"box-2\"'\n"
    )
    assert configuration.closed(configuration.closed(text, "box-2"), None) == "# by ALTER SYSTEM\nwork_mem = '8MB'\n"


def test_the_settings_of_the_pair_come_last_and_once() -> None:
    once = configuration.with_include("port = 1\n")
    assert once == configuration.with_include(once)
    assert once.splitlines()[-1] == configuration.INCLUDE


@pytest.mark.parametrize("name", [None, "box-2"])
def test_sync_names_read_as_written(name: str | None) -> None:
    assert configuration.read_sync_names(configuration.sync_names(name)) == name


def test_positions() -> None:
    assert parse_lsn("16/B374D848") == 0x16B374D848
    assert show_lsn(0x16B374D848) == "16/B374D848"
    assert segment_name(Position(3, 0x16B374D848)) == "0000000300000016000000B3"
    with pytest.raises(ValueError, match="unpack"):
        parse_lsn("nothing")


HISTORY = "1\t0/3000148\tno recovery target specified\n\n# a comment\n2\t0/5000000\tno recovery target specified\n"
COURSE = Course(Position(3, 0x7000000), parse_history(HISTORY))


@pytest.mark.parametrize(
    ("timeline", "lsn", "follows"),
    [
        (3, 0x7000000, True),
        (3, 0x7000001, False),  # ahead of the primary itself
        (2, 0x5000000, True),
        (2, 0x5000001, False),  # went on where the primary left
        (1, 0x3000148, True),
        (1, 0x4000000, False),
        (4, 0x1000000, False),  # a time line that the primary does not know
    ],
)
def test_who_can_follow(timeline: int, lsn: int, *, follows: bool) -> None:
    assert COURSE.goes_through(Position(timeline, lsn)) is follows


def test_files_in_which_a_follower_goes_on_reading() -> None:
    assert COURSE.segments_for(Position(2, 3 * 16 * MEGABYTE)) == (
        "000000020000000000000003",
        "000000030000000000000003",
    )
    assert COURSE.segments_for(Position(3, 0x7000000)) == (), "not written yet"


def test_progress_and_last_words() -> None:
    assert percent("  12345/67890 kB (18%), 0/1 tablespace") == 18
    assert percent("waiting for checkpoint") is None
    log = "x [1] LOG:  a\nx [1] FATAL:  no\nx [1] DETAIL:  because\nx [2] LOG:  ended\n"
    assert last_words(log) == "FATAL:  no | DETAIL:  because"
    assert last_words("only this\n") == "only this"


def a_look(**changes: object) -> Look:
    base: dict[str, object] = {
        "recovering": False, "life": "1", "names": '"box-2"', "here": 500, "sender": "streaming", "sync_state": "sync",
        "peer_has": 400, "receiver": None, "received": None, "word": "", "slot": "reserved", "idle_slots": 0,
        "waiting": (),
    }  # fmt: skip
    return Look(**(base | changes))  # type: ignore[arg-type]


PROOF = Proof("1", "box-2", 300)


@pytest.mark.parametrize(
    ("changes", "proof", "caught_up"),
    [
        ({}, PROOF, True),
        ({}, None, False),  # commits may not wait yet
        ({"peer_has": 299}, PROOF, False),
        ({"life": "2"}, PROOF, False),  # started anew since
        ({"names": ""}, PROOF, False),
        ({"sync_state": "potential"}, PROOF, False),
        ({"sender": "catchup"}, PROOF, False),
    ],
)
def test_when_the_peer_has_everything(changes: dict[str, object], proof: Proof | None, *, caught_up: bool) -> None:
    seen = judged(a_look(**changes), 1_000, 1_100, Diary(), proof, alive=True, signal=False)
    assert seen.caught_up is caught_up


def test_an_old_look_says_nothing_of_now() -> None:
    seen = judged(a_look(), 1_000, 1_000 + judging.FRESH_MS + 1, Diary(), PROOF, alive=True, signal=False)
    assert (seen.role, seen.accepting, seen.caught_up) == (Role.PRIMARY, False, False)
    assert judged(None, 0, 1_000, Diary(), None, alive=True, signal=True).role is Role.STANDBY
    assert judged(a_look(), 1_000, 1_100, Diary(), PROOF, alive=False, signal=False).role is Role.DOWN


def test_a_wait_is_as_old_as_that_commit() -> None:
    diary = Diary()
    diary.note(a_look(waiting=("7 1.0",)), 1_000)
    diary.note(a_look(waiting=("7 1.0", "8 1.5")), 1_400)
    assert diary.oldest_wait_ms(1_500) == 500
    diary.note(a_look(waiting=("7 2.0",)), 1_600)  # the same backend, another commit
    assert diary.oldest_wait_ms(1_600) == 0
    diary.note(a_look(), 1_700)
    assert diary.oldest_wait_ms(2_000) == 0


def test_word_from_the_primary_is_counted_by_our_own_clock() -> None:
    diary = Diary()
    diary.note(a_look(recovering=True, receiver="streaming", word="2026-01-01"), 1_000)
    diary.note(a_look(recovering=True, receiver="streaming", word="2026-01-01"), 1_200)
    assert diary.word_at == 1_000
    diary.note(a_look(recovering=True, receiver=None, word=""), 1_400)
    assert diary.word_at == 1_000
