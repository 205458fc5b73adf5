"""Packets about the service address: what is sent is what the standards say, and nothing that arrives does harm."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.ha.address import frames
from appliance.ha.address.frames import Claim

pytestmark = pytest.mark.req("HA-1")

MAC = bytes.fromhex("020102030405")
V4, OTHER = IPv4Address("192.0.2.10"), IPv4Address("192.0.2.1")
V6 = IPv6Address("2001:db8::12:3456")


def test_an_address_is_announced_as_request_and_as_reply():
    request, reply = frames.arp_announcements(MAC, V4)
    head = "ffffffffffff 020102030405 0806 0001 0800 06 04"
    assert request == bytes.fromhex(f"{head} 0001 020102030405 c000020a 000000000000 c000020a")
    assert reply == bytes.fromhex(f"{head} 0002 020102030405 c000020a 020102030405 c000020a")


def test_a_probe_tells_nobody_anything():
    probe = frames.arp_probe(MAC, V4)
    assert probe == bytes.fromhex(
        "ffffffffffff02010203040508060001080006040001020102030405000000000000000000 00c000020a"
    )
    assert frames.parse_arp(probe) is None


def test_a_question_goes_to_one_neighbour_or_to_all():
    peer = bytes.fromhex("02aabbccddee")
    assert frames.arp_request(MAC, V4, OTHER)[:6] == frames.BROADCAST
    assert frames.arp_request(MAC, V4, OTHER, peer)[:6] == peer
    assert frames.parse_arp(frames.arp_request(MAC, V4, OTHER)) == Claim(V4, MAC, answer=False)


def test_neighbours_are_told_to_forget_what_they_knew():
    body = frames.advertisement(MAC, V6)
    assert body == bytes.fromhex("88000000 20000000 20010db8000000000000000000123456 0201 020102030405")
    assert frames.parse_advertisement(body) == Claim(V6, MAC, answer=False)


def test_a_solicitation_goes_to_the_group_of_its_address():
    assert frames.solicited_node(V6) == IPv6Address("ff02::1:ff12:3456")
    body = frames.solicitation(MAC, V6)
    assert body == bytes.fromhex("87000000 00000000 20010db8000000000000000000123456 0101 020102030405")
    assert frames.parse_advertisement(body) is None


def test_an_answer_is_told_from_what_is_said_unasked():
    _, reply = frames.arp_announcements(MAC, V4)
    assert frames.parse_arp(reply + bytes(18)) == Claim(V4, MAC, answer=True), "frames are filled up to 60 bytes"
    answer = bytes.fromhex("88000000 60000000 20010db8000000000000000000123456")
    assert frames.parse_advertisement(answer) == Claim(V6, None, answer=True)


@pytest.mark.parametrize(
    ("where", "value"),
    [(12, 0x86), (15, 6), (16, 0x86), (18, 8), (19, 16), (21, 3), (21, 0)],
    ids=["not ARP", "not Ethernet", "not IPv4", "long hardware address", "long address", "reverse ARP", "no operation"],
)
def test_other_kinds_of_arp_are_passed_over(where, value):
    frame = bytearray(frames.arp_announcements(MAC, V4)[1])
    frame[where] = value
    assert frames.parse_arp(bytes(frame)) is None


@pytest.mark.parametrize("options", ["02", "0200", "0201aabb", "02ff0102030405", "010102030405060700", "0e00"])
def test_an_advertisement_with_broken_options_is_passed_over(options):
    assert frames.parse_advertisement(frames.advertisement(MAC, V6)[:24] + bytes.fromhex(options)) is None


def test_options_of_others_do_not_hide_the_hardware_address():
    body = frames.advertisement(MAC, V6)
    assert frames.parse_advertisement(body[:24] + bytes.fromhex("fe02") + bytes(14) + body[24:]) == Claim(
        V6, MAC, answer=False
    )


def test_an_advertisement_for_a_group_is_passed_over():
    assert frames.parse_advertisement(frames.advertisement(MAC, frames.ALL_NODES)) is None


@given(st.binary(max_size=80))
def test_whatever_arrives_is_read_without_an_error(packet):
    frames.parse_arp(packet)
    frames.parse_advertisement(packet)


@given(st.binary(max_size=40), st.integers(0, 60))
def test_a_packet_that_is_cut_short_or_spoilt_is_read_without_an_error(tail, length):
    for packet in (*frames.arp_announcements(MAC, V4), frames.advertisement(MAC, V6)):
        frames.parse_arp(packet[:length] + tail)
        frames.parse_advertisement(packet[:length] + tail)


def passes(program: bytes, frame: bytes) -> bool:
    """Runs the steps of a filter as the kernel does."""
    steps = [program[at : at + 8] for at in range(0, len(program), 8)]
    accumulator = at = 0
    while True:
        code, if_so, if_not = int.from_bytes(steps[at][:2], "little"), steps[at][2], steps[at][3]
        value = int.from_bytes(steps[at][4:], "little")
        at += 1
        if code == 0x20:
            accumulator = int.from_bytes(frame[value : value + 4])
        elif code == 0x15:
            at += if_so if accumulator == value else if_not
        else:
            return value > 0


@pytest.mark.parametrize("senders", [[], [V4], [V4, OTHER], [V4, OTHER, IPv4Address("203.0.113.7")]])
def test_the_filter_lets_its_senders_through_and_nobody_else(senders):
    program = frames.arp_filter(senders)
    for sender in (V4, OTHER, IPv4Address("203.0.113.7"), IPv4Address("192.0.2.11"), frames.NOBODY):
        assert passes(program, frames.arp_request(MAC, sender, OTHER)) == (sender in senders)
