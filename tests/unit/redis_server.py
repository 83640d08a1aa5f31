"""A server that speaks Redis' protocol over TLS and answers from a table, for tests of clients."""

from __future__ import annotations

import ipaddress
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ADDRESS = "127.0.0.1"


@dataclass
class Server:
    """Where it is, what it answers to which command (anything else is OK), and what it was told."""

    port: int
    ca_file: str
    answers: dict[str, bytes]
    told: list[str] = field(default_factory=list)


def encoded(value: Any) -> bytes:
    """Return a value as Redis sends it."""
    if isinstance(value, list):
        return b"*%d\r\n" % len(value) + b"".join(map(encoded, value))
    return b"$%d\r\n%s\r\n" % (len(value), value.encode())


@contextmanager
def serving(folder: Path, answers: dict[str, bytes]) -> Iterator[Server]:
    """Run a server with a certificate for its address, made in the folder."""
    pem = folder / "server.pem"
    pem.write_bytes(certificate())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = Server(0, str(pem), answers)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while line := self.rfile.readline():
                words = []
                for _ in range(int(line[1:])):
                    words.append(self.rfile.read(int(self.rfile.readline()[1:]) + 2)[:-2].decode())
                server.told.append(" ".join(words))
                self.wfile.write(server.answers.get(server.told[-1], b"+OK\r\n"))

    class Quiet(socketserver.ThreadingTCPServer):
        def handle_error(self, *_: Any) -> None:
            """Say nothing of clients that turn away."""

    with Quiet((ADDRESS, 0), Handler) as listener:
        listener.daemon_threads = True
        listener.socket = context.wrap_socket(listener.socket, server_side=True)
        server.port = listener.server_address[1]
        threading.Thread(target=listener.serve_forever, daemon=True).start()
        yield server
        listener.shutdown()


def certificate() -> bytes:
    """Return a self-signed certificate for the address with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "redis")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(ADDRESS))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    signed = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return signed.public_bytes(serialization.Encoding.PEM) + secret
