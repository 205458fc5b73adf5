"""The service of a box in a test: commits each number that a client sends and says so. `service.py FOLDER NAME`"""

import socketserver
import sys
from pathlib import Path

import psycopg

PORT = 7000


class Serving(socketserver.StreamRequestHandler):
    folder: Path
    node: str

    def handle(self) -> None:
        words = f"host={self.folder / 'sockets'} user=hcc dbname=hcc connect_timeout=2"
        with psycopg.connect(words, autocommit=True) as database:
            for line in self.rfile:
                database.execute("INSERT INTO written VALUES (%s)", [int(line)])
                self.wfile.write(f"{self.node}\n".encode())


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client or the database has gone: the connection ends, which is all that the client needs to know."""


def main() -> None:
    Serving.folder, Serving.node = Path(sys.argv[1]), sys.argv[2]
    words = f"host={Serving.folder / 'sockets'} user=hcc dbname=hcc connect_timeout=2"
    with psycopg.connect(words, autocommit=True) as database:
        database.execute("CREATE TABLE IF NOT EXISTS written (n bigint PRIMARY KEY)")
    with Server(("", PORT), Serving) as server:
        print("ready", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
