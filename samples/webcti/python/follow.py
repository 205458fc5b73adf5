"""Signs an agent in, dials, and prints events until the call is over. Only the standard library.

WEBCTI_SERVER=https://10.1.2.3 WEBCTI_KEY=hcc_… python follow.py 1001 13800000001
"""

import json
import os
import ssl
import sys
import urllib.error
import urllib.request
import uuid

BASE = os.environ["WEBCTI_SERVER"] + "/webcti/v1"
HEADERS = {"Authorization": f"Bearer {os.environ['WEBCTI_KEY']}", "Content-Type": "application/json"}

TRUST = ssl.create_default_context()
if os.environ.get("WEBCTI_INSECURE"):
    TRUST.check_hostname, TRUST.verify_mode = False, ssl.CERT_NONE


def ask(method: str, path: str, body: dict | None = None, request: str = "") -> dict:
    """One request. Leaves the program with the message when it is refused."""
    data = json.dumps(body).encode() if body is not None else None
    headers = HEADERS | ({"Idempotency-Key": request} if request else {})
    asked = urllib.request.Request(BASE + path, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(asked, context=TRUST, timeout=70) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        sys.exit(json.load(refused)["error"]["message"])


def main() -> None:
    agent, number = sys.argv[1:]
    place = ask("GET", "/events")["seq"]
    ask("POST", "/verbs/sign_in", {"agent": agent, "phone": "sip"})
    ask("POST", "/verbs/ready", {"agent": agent})
    call = ask("POST", "/verbs/dial", {"agent": agent, "number": number}, request=uuid.uuid4().hex)["answer"]["call"]
    while True:
        told = ask("GET", f"/events?since={place}&wait=30&agents={agent}")
        place = told["seq"]
        for event in told["events"]:
            print(event["seq"], event["type"], flush=True)
            if event["type"] == "call.answered":
                ask("POST", "/verbs/hang_up", {"agent": agent})
            if event["type"] == "call.ended" and event["data"]["call"]["id"] == call:
                ask("POST", "/verbs/sign_out", {"agent": agent})
                return


if __name__ == "__main__":
    main()
