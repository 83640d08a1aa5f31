"""Servers of the twin: each says its name and what it was asked; one more port speaks HAProxy's agent protocol.

echo.py DIRECTORY AGENT_PORT NAME...
"""

from __future__ import annotations

import http.server
import json
import socketserver
import sys
import threading
import time
from pathlib import Path

DIRECTORY, AGENT, NAMES = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]


def listed(name: str, file: str) -> bool:
    return name in (DIRECTORY / file).read_text().split()


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


class Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        _address, port = self.connection.getsockname()
        name = NAMES[port - 18100]
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        time.sleep(3 if "slow" in self.path else 0)
        body = json.dumps({"name": name, "path": self.path, "headers": dict(self.headers)}).encode()
        self.send_response(503 if self.path == "/health" and listed(name, "dead") else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_DELETE = answer  # noqa: N815 - the library's names

    def log_message(self, *words: object) -> None:
        pass


class Agent(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        name = self.rfile.readline().decode().strip()
        self.wfile.write(b"down #the test says so\n" if listed(name, "unfit") else b"up\n")


for number in range(len(NAMES)):
    threading.Thread(target=Server(("127.0.0.1", 18100 + number), Echo).serve_forever).start()
Server(("127.0.0.1", AGENT), Agent).serve_forever()
