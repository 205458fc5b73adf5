"""A telephone on PJSIP, run by a Python of its own (see `softphone.py`): one JSON document a line in and out.

Commands: `dial` (uri, headers), `answer`, `hang_up`, `quit`. Everything heard goes into one file from the start to the
end, so that what is missing between two calls can be measured; calls that take another's place (RFC 3891) are accepted.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import pjsua2 as pj

OK = 200


def tell(event: str, **more: object) -> None:
    sys.stdout.write(json.dumps({"event": event, **more}) + "\n")
    sys.stdout.flush()


class Talk(pj.Call):
    def __init__(self, phone: Softphone, number: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(phone, number)
        self.phone = phone

    def onCallState(self, _change: Any) -> None:
        info = self.getInfo()
        tell("state", call=info.id, state=info.stateText, code=int(info.lastStatusCode), dialog=info.callIdString)
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.phone.forget(self)

    def onCallMediaState(self, _change: Any) -> None:
        media = self.getAudioMedia(-1)
        self.phone.mouth.startTransmit(media)
        media.startTransmit(self.phone.ear)

    def onCallReplaced(self, change: Any) -> None:
        taken = Talk(self.phone, change.newCallId)
        self.phone.talks.append(taken)
        change.newCall = taken
        tell("replaced", call=change.newCallId)


class Softphone(pj.Account):
    def __init__(self, ways: dict[str, str]) -> None:
        super().__init__()
        self.ways = ways
        self.talks: list[Talk] = []
        self.mouth, self.ear, self._rest = pj.AudioMediaPlayer(), pj.AudioMediaRecorder(), pj.AudioMediaPlayer()

    def open_sound(self) -> None:
        self.mouth.createPlayer(self.ways["say"])
        self.ear.createRecorder(self.ways["heard"])
        self._rest.createPlayer(self.ways["silence"])
        self._rest.startTransmit(self.ear)  # the file has no holes while nobody talks

    def onIncomingCall(self, call: Any) -> None:
        self.talks.append(Talk(self, call.callId))
        tell("incoming", call=call.callId)
        if self.ways["answers"]:
            self.reply(self.talks[-1])

    def onRegState(self, change: Any) -> None:
        tell("registered", code=int(change.code))

    def forget(self, talk: Talk) -> None:
        self.talks = [one for one in self.talks if one is not talk]

    def dial(self, uri: str, headers: dict[str, str]) -> None:
        how = pj.CallOpParam(True)
        for name, value in headers.items():
            header = pj.SipHeader()
            header.hName, header.hValue = name, value
            how.txOption.headers.append(header)
        self.talks.append(Talk(self))
        self.talks[-1].makeCall(uri, how)

    def reply(self, talk: Talk) -> None:
        word = pj.CallOpParam(True)
        word.statusCode = OK
        talk.answer(word)

    def hang_up(self) -> None:
        for talk in self.talks:
            talk.hangup(pj.CallOpParam(True))


def endpoint(address: str, port: int) -> Any:
    made = pj.Endpoint()
    made.libCreate()
    settings = pj.EpConfig()
    settings.logConfig.level = settings.logConfig.consoleLevel = 0
    settings.medConfig.clockRate = settings.medConfig.sndClockRate = 8000
    settings.medConfig.noVad = True
    settings.medConfig.ecTailLen = 0
    made.libInit(settings)
    transport = pj.TransportConfig()
    transport.port, transport.boundAddress, transport.publicAddress = port, address, address
    made.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
    made.libStart()
    made.audDevManager().setNullDev()
    for codec in made.codecEnum2():
        made.codecSetPriority(codec.codecId, 255 if codec.codecId.startswith("PCMA") else 0)
    return made


def account(ways: dict[str, str], port: int) -> Any:
    settings = pj.AccountConfig()
    settings.idUri = f"sip:{ways['number']}@{ways['registrar'] if ways['secret'] else ways['address']}"
    settings.mediaConfig.transportConfig.boundAddress = ways["address"]
    settings.mediaConfig.transportConfig.port = 20000 + 20 * (port - 5060)
    if ways["secret"]:
        settings.regConfig.registrarUri = f"sip:{ways['registrar']}"
        settings.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", ways["number"], 0, ways["secret"]))
    return settings


def main() -> None:
    ways = json.loads(sys.argv[1])
    port = int(ways["port"])
    made = endpoint(ways["address"], port)
    phone = Softphone(ways)
    phone.open_sound()
    phone.create(account(ways, port))
    tell("ready")
    for line in sys.stdin:
        made.libRegisterThread("commands") if not made.libIsThreadRegistered() else None
        command = json.loads(line)
        if command["do"] == "dial":
            phone.dial(command["uri"], command["headers"])
        elif command["do"] == "answer":
            phone.reply(phone.talks[-1])
        elif command["do"] == "hang_up":
            phone.hang_up()
        else:
            break
    made.libDestroy()


if __name__ == "__main__":
    main()
