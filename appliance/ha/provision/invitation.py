"""The inviting box's side of joining: a door that is open only as long as the invitation."""

import asyncio
import contextlib
import hashlib
import logging
import secrets
from collections.abc import Awaitable, Callable

from appliance.ha.provision import pake, wire
from appliance.ha.provision.errors import (
    AddressError,
    ClusterError,
    InvitationOverError,
    MiddleError,
    NotConfirmedError,
    WrongCodeError,
)
from appliance.ha.provision.pake import CodeMismatchError, Inviter, Proofs
from appliance.ha.provision.wire import (
    Application,
    Challenge,
    Grant,
    Hello,
    Line,
    Proof,
    ProtocolError,
    Received,
    Refusal,
)

log = logging.getLogger(__name__)

CODE_DIGITS = 8
MOST_TRIES = 5
MOST_GUESTS = 8
DEFAULT_MINUTES = 15.0
STORE_SECONDS = 30.0

type Admit = Callable[[Application], Awaitable[Grant]]
"""Make the applicant a member. Raises ClusterError."""
type Confirm = Callable[[str, bytes], Awaitable[bool]]
"""Whether a person says yes to the machine at that address with that fingerprint."""


def new_code() -> str:
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


class Invitation:
    """One code, good for one machine, some minutes and a few wrong tries."""

    def __init__(self, code: str, fingerprint: bytes, admit: Admit, confirm: Confirm) -> None:
        self._code = code
        self._fingerprint = fingerprint
        self._admit = admit
        self._confirm = confirm
        self._tries = MOST_TRIES
        self._talking = asyncio.Lock()
        self._guests = 0
        self.done: asyncio.Future[Grant] = asyncio.get_running_loop().create_future()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection. Errors of others end with it."""
        line, peer = Line(reader, writer), str(writer.get_extra_info("peername")[0])
        self._guests += 1
        try:
            if self._guests <= MOST_GUESTS:
                await self._talk(line, peer)
        except ProtocolError as error:
            log.info("%s: %s", peer, error)
        except ClusterError as error:
            log.info("%s was refused: %s", peer, error)
            with contextlib.suppress(ProtocolError):
                await line.say(Refusal(error.code, error.detail))
        finally:
            self._guests -= 1
            await line.close()

    async def _talk(self, line: Line, peer: str) -> None:
        hello = await line.hear(Hello)
        if not isinstance(hello, Hello):
            return
        async with self._talking:
            if self.done.done():
                raise InvitationOverError
            await self._prove(line, hello)
            application = await line.hear(Application)
            if not isinstance(application, Application):
                return
            await self._admit_applicant(line, hello, application, peer)

    async def _prove(self, line: Line, hello: Hello) -> None:
        """Raises WrongCodeError, MiddleError, InvitationOverError."""
        if hello.seen != self._fingerprint.hex():
            raise MiddleError
        inviter = Inviter(self._code)
        theirs, ours = wire.number(hello.public), inviter.public
        await line.say(Challenge(inviter.salt.hex(), f"{ours:x}"))
        self._count_try()  # before the answer: whoever goes away without one has tried too
        answer = await line.hear(Proof)
        try:
            context = wire.context_of(self._fingerprint, hello.request_hash)
            proofs = Proofs.of(inviter.group, inviter.premaster(theirs), theirs, ours, context)
            pake.check(answer.proof if isinstance(answer, Proof) else "", proofs.joiner)
        except CodeMismatchError as error:
            if not self._tries:
                self._end(WrongCodeError("0"))
            raise WrongCodeError(str(self._tries)) from error
        self._tries += 1
        await line.say(Proof(proofs.inviter))

    def _count_try(self) -> None:
        if not self._tries:
            self._end(WrongCodeError("0"))
            raise InvitationOverError
        self._tries -= 1

    async def _admit_applicant(self, line: Line, hello: Hello, application: Application, peer: str) -> None:
        digest = hashlib.sha256(application.request.encode()).digest()
        if digest.hex() != hello.request_hash:
            raise MiddleError
        if not await self._confirm(peer, digest):
            raise NotConfirmedError
        if application.address != peer:
            raise AddressError(f"{application.address} ≠ {peer}")
        grant = await self._admit(application)
        await line.say(grant)
        if isinstance(await line.hear(Received, seconds=STORE_SECONDS), Received) and not self.done.done():
            self.done.set_result(grant)

    def _end(self, error: ClusterError) -> None:
        if not self.done.done():
            self.done.set_exception(error)
