"""The integrator's server: serves the sample page and gets tokens for it with the key, which never reaches a browser.

    WEBCTI_SERVER=https://10.1.2.3 WEBCTI_KEY=hcc_… python server.py 0.0.0.0 9090

Only the standard library. The origin of the page (http://ADDRESS:9090) must be on the key's list.
"""

import json
import os
import ssl
import sys
import urllib.request
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

SERVER, KEY = os.environ["WEBCTI_SERVER"], os.environ["WEBCTI_KEY"]
PAGES = Path(__file__).parents[1] / "html"

TRUST = ssl.create_default_context()
if os.environ.get("WEBCTI_INSECURE"):  # a box with the certificate it made itself; better: trust that certificate
    TRUST.check_hostname, TRUST.verify_mode = False, ssl.CERT_NONE


def token_for(agent: str) -> str:
    """In a real system: only for the agent who is logged in here."""
    request = urllib.request.Request(
        f"{SERVER}/webcti/v1/tokens",
        data=json.dumps({"agent": agent, "seconds": 3600}).encode(),
        headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, context=TRUST, timeout=10) as answer:
        return str(json.load(answer)["token"])


class Pages(SimpleHTTPRequestHandler):
    def __init__(self, *all_of_them) -> None:
        super().__init__(*all_of_them, directory=str(PAGES))

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path == "/token":
            self.reply("text/plain", token_for(parse_qs(address.query)["agent"][0]))
        elif address.path == "/webcti-address.js":
            self.reply("text/javascript", f"window.CALL_CENTRE = {json.dumps(SERVER)};")
        else:
            super().do_GET()

    def reply(self, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Pages).serve_forever()
