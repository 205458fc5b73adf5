"""The door of an invitation: who gets in, who does not, and who stands in between. Real TLS, no etcd."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appliance.config import parse
from appliance.ha.cluster_file import Cluster, Member, Part, ServiceAddress
from appliance.ha.provision import care, certificates, database, joining, wire
from appliance.ha.provision.certificates import openssl
from appliance.ha.provision.errors import (
    ClusterError,
    ConnectError,
    DataError,
    InvitationOverError,
    MiddleError,
    NotConfirmedError,
    RefusedError,
    WrongCodeError,
)
from appliance.ha.provision.invitation import MOST_TRIES, Invitation, new_code
from appliance.ha.provision.places import Places, write
from appliance.ha.provision.wire import Application, Grant

CODE = "00420042"
DOOR, MIDDLE = "127.0.78.1", "127.0.78.2"


def machine_with_certificate(folder: Path) -> Places:
    """A first box as far as its certificates go."""
    places = Places(folder)
    certificates.make_key(places)
    certificates.make_authority(places, "test")
    write(places.certificate, certificates.sign(places, certificates.signing_request(places), "box1", [DOOR]))
    return places


@pytest.fixture
def first(tmp_path: Path) -> Places:
    return machine_with_certificate(tmp_path / "first")


@pytest.fixture
def second(tmp_path: Path) -> Places:
    places = Places(tmp_path / "second")
    write(places.root / "var/lib/hcc/secrets/setup.code", "a new box")
    return places


class Door:
    """An open invitation; everybody whose code is right is told so by a refusal of our own."""

    def __init__(self, places: Places, *, confirmed: bool = True) -> None:
        self._places = places
        self._confirmed = confirmed
        self.applied: list[Application] = []
        self.port = 0

    async def _admit(self, application: Application) -> Grant:
        self.applied.append(application)
        raise RefusedError("the house is full")

    async def _confirm(self, peer: str, digest: bytes) -> bool:
        return self._confirmed

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[Invitation]:
        fingerprint = certificates.fingerprint_of_file(self._places.certificate)
        invitation = Invitation(CODE, fingerprint, self._admit, self._confirm)
        context = wire.inviting_context(self._places.certificate, self._places.key)
        server = await asyncio.start_server(invitation.serve, DOOR, 0, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield invitation
        if invitation.done.done():
            invitation.done.exception()


async def always(_theirs: bytes, _ours: bytes) -> bool:
    return True


async def apply(places: Places, port: int, code: str = CODE, address: str = DOOR) -> None:
    await joining.join(places, joining.Wish(address, code, Part.BOX, port=port), always)


@pytest.mark.req("HA-1")
async def test_right_code_leads_to_the_house(first: Places, second: Places) -> None:
    door = Door(first)
    async with door.open():
        with pytest.raises(RefusedError, match="the house is full"):
            await apply(second, door.port)
    assert [application.part for application in door.applied] == [Part.BOX]
    assert not second.joining_file.exists()
    assert not second.authority.exists()


@pytest.mark.req("HA-1")
async def test_invitation_ends_after_some_wrong_codes(first: Places, second: Places) -> None:
    door = Door(first)
    async with door.open() as invitation:
        for left in reversed(range(MOST_TRIES)):
            with pytest.raises(WrongCodeError, match=str(left)):
                await apply(second, door.port, "00420043")
        assert isinstance(invitation.done.exception(), WrongCodeError)
        with pytest.raises(InvitationOverError):
            await apply(second, door.port)
    assert door.applied == []


async def test_who_goes_away_in_mid_talk_has_used_up_a_try(first: Places, second: Places) -> None:
    door = Door(first)
    async with door.open():
        for _ in range(MOST_TRIES):
            line, seen, _ = await joining._connect(joining.Wish(DOOR, CODE, Part.BOX, port=door.port))
            await line.say(wire.Hello(1, "abcdef", "00", seen.hex()))
            assert isinstance(await line.hear(wire.Challenge), wire.Challenge)
            await line.close()
        with pytest.raises(InvitationOverError):
            await apply(second, door.port)


async def test_unlike_fingerprint_is_refused_on_either_side(first: Places, second: Places) -> None:
    door = Door(first, confirmed=False)

    async def never(_theirs: bytes, _ours: bytes) -> bool:
        return False

    async with door.open():
        with pytest.raises(NotConfirmedError):
            await apply(second, door.port)
        with pytest.raises(NotConfirmedError):
            await joining.join(second, joining.Wish(DOOR, CODE, Part.BOX, port=door.port), never)
    assert door.applied == []


async def test_nobody_there_is_said_clearly(second: Places) -> None:
    with pytest.raises(ConnectError) as caught:
        await apply(second, 1)
    assert any("hcc cluster invite" in line for line in caught.value.lines())


class Middle:
    """Somebody between the two, with a certificate of his own, who passes on what is said."""

    def __init__(self, places: Places, target: int, change: Callable[[dict[str, object]], None]) -> None:
        self._places = places
        self._target = target
        self._change = change

    @contextlib.asynccontextmanager
    async def listen(self) -> AsyncIterator[int]:
        context = wire.inviting_context(self._places.certificate, self._places.key)
        server = await asyncio.start_server(self._serve, MIDDLE, 0, ssl=context)
        async with server:
            yield server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(DOOR, self._target, ssl=wire.joining_context())
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await asyncio.gather(self._pass_on(reader, there[1]), self._pass_on(there[0], writer))
        writer.close()
        there[1].close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            said = json.loads(line)
            self._change(said)
            writer.write(json.dumps(said).encode() + b"\n")
        writer.close()


@pytest.mark.req("HA-1")
@pytest.mark.parametrize(("hides", "error"), [(False, MiddleError), (True, WrongCodeError)])
async def test_man_in_the_middle_gets_nothing(
    first: Places, second: Places, tmp_path: Path, *, hides: bool, error: type[ClusterError]
) -> None:
    """Also when nobody looks at fingerprints, and he hides that the joining machine sees his."""
    real = certificates.fingerprint_of_file(first.certificate).hex()

    def change(said: dict[str, object]) -> None:
        if hides and "seen" in said:
            said["seen"] = real

    door = Door(first)
    async with (
        door.open(),
        Middle(machine_with_certificate(tmp_path / "middle"), door.port, change).listen() as port,
    ):
        with pytest.raises(error):
            await apply(second, port, address=MIDDLE)
    assert door.applied == []


@pytest.mark.parametrize("bytes_sent", [b"GET / HTTP/1.1\r\n\r\n", b"{}\n", b'{"kind":"hello"}\n', b"\xff" * 200_000])
async def test_nonsense_at_the_door_does_no_harm(first: Places, second: Places, bytes_sent: bytes) -> None:
    door = Door(first)
    async with door.open():
        _, writer = await asyncio.open_connection(DOOR, door.port, ssl=wire.joining_context())
        writer.write(bytes_sent)
        with pytest.raises(RefusedError):
            await apply(second, door.port)
        writer.close()


def test_codes_have_eight_digits() -> None:
    assert all(len(code) == 8 and code.isdigit() for code in (new_code() for _ in range(200)))


@pytest.mark.req("HA-1")
async def test_box_with_data_of_its_own_does_not_join(first: Places, second: Places) -> None:
    (second.root / "var/lib/hcc/secrets/setup.code").unlink()
    with pytest.raises(DataError):
        await apply(second, 1)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "[database]\nURL\n"),
        ('log_level = "INFO"\n', 'log_level = "INFO"\n\n[database]\nURL\n'),
        ('[database]\nurl = "sqlite+aiosqlite:////x"\n[desk]\nport = 1\n', "[database]\nURL\n[desk]\nport = 1\n"),
        ("[database]\n", "[database]\nURL\n"),
        ('[pbx]\nuser = "x"\n[database]\nurl="y"', '[pbx]\nuser = "x"\n[database]\nURL\n'),
    ],
)
def test_address_of_the_database_is_set_and_the_rest_kept(before: str, after: str) -> None:
    assert database.with_url(before) == after.replace("URL", database.URL_LINE)
    assert database.with_url(after.replace("URL", database.URL_LINE)) == after.replace("URL", database.URL_LINE)
    assert parse(database.with_url(after.replace("URL", "")), "test").database.url == database.URL


# -- certificates ----------------------------------------------------------------------------------


def own_cluster() -> Cluster:
    own = Member("box1", Part.BOX, DOOR)
    return Cluster(name="test", me="box1", members=(own,), service=ServiceAddress("eth0", "10.0.0.9"))


@pytest.mark.req("HA-1")
def test_certificate_is_renewed_with_its_key_before_it_ends(first: Places) -> None:
    assert not care.renew_here(first, own_cluster())
    request, key = certificates.signing_request(first), first.key.read_bytes()
    write(first.certificate, certificates.sign(first, request, "box1", [DOOR], days=certificates.RENEW_DAYS - 1))
    assert care.renew_here(first, own_cluster())
    assert certificates.ends_at(first.certificate) > datetime.now(UTC) + timedelta(days=certificates.MEMBER_DAYS - 1)
    assert first.key.read_bytes() == key
    openssl("verify", "-CAfile", str(first.authority), "-purpose", "sslclient", str(first.certificate))
    ssl.create_default_context().load_cert_chain(first.certificate, first.key)


def test_member_certificate_is_what_etcd_asks_for(first: Places) -> None:
    text = openssl("x509", "-in", str(first.certificate), "-noout", "-text").decode()
    assert "CN=HCC cluster test" in text  # the issuer
    assert "CN" not in next(line for line in text.splitlines() if "Subject:" in line)
    assert f"IP Address:{DOOR}" in text
    assert "TLS Web Server Authentication, TLS Web Client Authentication" in text


def test_keys_are_for_their_owners_only(first: Places) -> None:
    modes = {file.name: file.stat().st_mode & 0o777 for file in first.pki.iterdir()}
    assert modes == {"ca.key": 0o600, "ca.pem": 0o644, "member.key": 0o640, "member.pem": 0o600}
