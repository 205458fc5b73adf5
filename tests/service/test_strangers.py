"""SIP from strangers: malformed, unauthenticated, hostile. Refused, logged, and the telephones go on working."""

import asyncio
import socket
from collections.abc import Callable

import pytest

from tests import center as at
from tests.center import PYTHON, Center
from tests.service.conftest import Announced, MakePhone
from tests.sip.network import Host
from tests.sip.phone import Phone
from tests.sip.waiting import TooLateError, until

GUESSES = (r"No matching endpoint found", r"res_pjsip", r"pjproject", r"SecurityEvent")


def _request(method: str, body: str = "", **changes: str) -> bytes:
    lines = {
        "start": f"{method} sip:8001@10.97.0.10 SIP/2.0",
        "via": "Via: SIP/2.0/UDP 10.97.0.66:5060;branch=z9hG4bK-{n};rport",
        "from": "From: <sip:8001@10.97.0.10>;tag={n}",
        "to": "To: <sip:8001@10.97.0.10>",
        "callid": "Call-ID: stranger-{n}",
        "cseq": f"CSeq: 1 {method}",
        "contact": "Contact: <sip:x@10.97.0.66:5060>",
        "hops": "Max-Forwards: 70",
        "length": f"Content-Length: {len(body)}",
    } | changes
    return ("\r\n".join(line for line in lines.values() if line) + "\r\n\r\n" + body).encode("utf-8", "surrogateescape")


SDP = "v=0\r\no=- 1 1 IN IP4 10.97.0.66\r\ns=-\r\nc=IN IP4 10.97.0.66\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n"
AS_SDP = {"kind": "Content-Type: application/sdp"}

TORTURE: dict[str, bytes] = {
    "empty": b"",
    "nothing but line ends": b"\r\n" * 200,
    "binary": bytes(range(256)) * 20,
    "no version": b"INVITE sip:8001@10.97.0.10\r\n\r\n",
    "unknown method": _request("EXPLODE"),
    "long method": _request("A" * 2000),
    "no Via": _request("OPTIONS", via=""),
    "no Call-ID": _request("INVITE", callid=""),
    "no To": _request("INVITE", to=""),
    "negative length": _request("INVITE", length="Content-Length: -5"),
    "length too long": _request("INVITE", SDP, length="Content-Length: 99999", **AS_SDP),
    "length too short": _request("INVITE", SDP, length="Content-Length: 3", **AS_SDP),
    "CSeq overflow": _request("INVITE", cseq="CSeq: 99999999999999999999 INVITE"),
    "CSeq of another method": _request("INVITE", cseq="CSeq: 1 BYE"),
    "Max-Forwards 0": _request("INVITE", hops="Max-Forwards: 0"),
    "header of 30000 characters": _request("OPTIONS", extra="X: " + "a" * 30000),
    "500 headers": _request("OPTIONS", extra="\r\n".join(f"X-{number}: y" for number in range(500))),
    "100 Vias": _request("OPTIONS", extra="\r\n".join("Via: SIP/2.0/UDP h;branch=z9hG4bKx" for _ in range(100))),
    "quote left open": _request("INVITE", **{"from": 'From: "open <sip:x@y>;tag=1'}),
    "escaped zero": _request("INVITE", start="INVITE sip:80%0001@10.97.0.10 SIP/2.0"),
    "SDP of garbage": _request("INVITE", "v=\x00\x01\r\nm=audio 99999999 RTP/AVP 999\r\n" * 50, **AS_SDP),
    "SDP of 1000 media": _request("INVITE", SDP + "m=audio 1 RTP/AVP 0\r\n" * 1000, **AS_SDP),
    "response nobody waits for": b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nCSeq: 1 INVITE\r\n\r\n",
    "dialplan in the number": _request("INVITE", SDP, start="INVITE sip:${SHELL(id)}@10.97.0.10 SIP/2.0", **AS_SDP),
}


@pytest.fixture
def stranger(hosts: Callable[[str], Host]) -> Host:
    return hosts("10.97.0.66")


def as_uri(number: str) -> str:
    return number.replace("$", "%24").replace("{", "%7B").replace("}", "%7D")


async def _send(host: Host, data: bytes) -> None:
    """One datagram from the stranger's machine."""
    code = "import socket, sys; socket.socket(2, 2).sendto(sys.stdin.buffer.read(), ('10.97.0.10', 5060))"
    process = await asyncio.create_subprocess_exec(
        *host.command("python3", "-c", code), stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    await asyncio.wait_for(process.communicate(data[:60000]), 10)


@pytest.mark.req("PBX-10")
async def test_malformed_packets_change_nothing(
    center: Center, stranger: Host, phone: MakePhone, caller: MakePhone, announced: Announced
) -> None:
    announced.add(r"asterisk: ")
    before = center.box.main_process("asterisk.service")
    for number, data in enumerate(TORTURE.values()):
        await _send(stranger, data.replace(b"{n}", str(number).encode()))
    telephone = await phone(at.SPARE)
    patient = await caller("13950000001")
    await patient.dial(at.EXTENSION_DID)
    await asyncio.gather(patient.talks(), telephone.talks())
    await patient.hang_up()
    await telephone.ended()
    assert center.box.main_process("asterisk.service") == before


@pytest.mark.req("PBX-10", "SEC-2")
async def test_stranger_who_calls_or_registers_is_refused_and_logged(
    center: Center, stranger: Host, announced: Announced
) -> None:
    announced.add(*GUESSES)

    async def call(line: int, number: str) -> None:
        async with Phone(stranger, "8001", center.box.address, line=line) as intruder:
            await intruder.dial(as_uri(number))
            await intruder.ended(40)
            assert not intruder.count("CALL_ESTABLISHED"), number

    async def register(line: int, secret: str) -> None:
        guess = Phone(stranger, "8001", center.box.address, secret=secret, line=line)
        with pytest.raises(TooLateError):
            await guess.start(2.0)
        await guess.stop()

    numbers = (at.MENU_DID, "8001", "0044207183875", "${EXTEN}", "8001&8002")
    calls = [call(line, number) for line, number in enumerate(numbers, 1)]
    guesses = [register(line, secret) for line, secret in enumerate(("", "8001", "password"), 11)]
    await asyncio.gather(*calls, *guesses)
    assert f"@{stranger.address}:" not in center.asterisk("pjsip show contacts")
    log = center.box.journal_text("asterisk.service", since="-3 min")
    assert "SecurityEvent" in log
    assert "10.97.0.66" in log
    assert not center.query("SELECT id FROM live_call")


async def test_web_telephone_account_is_of_no_use_outside_the_browser(
    center: Center, stranger: Host, announced: Announced
) -> None:
    announced.add(*GUESSES)
    async with center.desk("agent2") as agent:
        await agent.verb("sign_in", phone="web")
        await agent.until(lambda: agent.me["sip"], 5, "the account")
        account = agent.me["sip"]
        thief = Phone(stranger, account["user"], center.box.address, secret=account["secret"], line=3)
        with pytest.raises(TooLateError):
            await thief.start(2.0)
        await thief.stop()
        await agent.go_home()


NASTY = ("8025&8001", "8025;phone-context=x", "${EXTEN}", "1" * 200, "abc", "sip", "8025%26")


async def test_nasty_number_dialled_on_a_telephone_rings_nobody(
    center: Center, phone: MakePhone, announced: Announced
) -> None:
    announced.add("may not dial", r"asterisk: ")
    victims = [await phone(number, answers=False) for number in (at.SPARE, 8001)]

    async def dials(telephone: Phone, number: str) -> None:
        await telephone.dial(as_uri(number).replace("&", "%26"))
        await telephone.ended(20)

    telephones = [await phone(8011 + index) for index in range(len(NASTY))]
    await asyncio.gather(*(dials(*pair) for pair in zip(telephones, NASTY, strict=True)))
    assert [victim.count("CALL_INCOMING") for victim in victims] == [0, 0]


SAY_ON_CONSOLE = """
import socket, sys
with socket.socket(socket.AF_UNIX) as console:
    console.connect("/run/asterisk/asterisk.ctl")
    console.send(f"cli quit after {sys.argv[1]}\\0".encode())
    while answer := console.recv(4096):
        print(answer.decode(), end="")
"""


async def test_call_control_may_say_only_what_it_needs_on_the_console(center: Center) -> None:
    def answer(command: str) -> str:
        return center.box.run(PYTHON, "-c", SAY_ON_CONSOLE, command, user="hcc")

    assert "No channel" in answer("mixmonitor stop PJSIP/8001-00000001")
    assert "results found" in answer("database show registrar/contact")
    forbidden = ("core stop now", "dialplan show", "mixmonitor list PJSIP/8001", "channel request hangup all")
    for command in (*forbidden, "database show"):
        assert "don't have permissions" in answer(command), command


async def test_only_signalling_and_the_web_are_open(center: Center) -> None:
    open_ports = []
    for port in (22, 80, 111, 443, 2000, 4569, 5038, 5060, 5061, 5432, 8088, 8089, 8701, 8702, 2379, 2380):
        with socket.socket() as probe:
            probe.settimeout(0.3)
            if probe.connect_ex((center.box.address, port)) == 0:
                open_ports.append(port)
    assert open_ports == [80, 443, 5060]
    await until(lambda: True, 1, "")
