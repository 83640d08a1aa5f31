"""The client returns JSON or raises one kind of error that says which server answered what."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ansible_collections.privatechat.platform.plugins.module_utils._http import ApiError, JsonClient

ANSWERS = {
    "/json": (200, b'{"a": 1}'),
    "/empty": (204, b""),
    "/text": (200, b"<html>hello</html>"),
    "/denied": (403, b'{"errcode": "M_FORBIDDEN", "error": "no"}'),
    "/broken": (500, b"x" * 5000),
}


class Handler(BaseHTTPRequestHandler):
    """Answers from the table; /echo returns what it got, /slow takes its time."""

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/slow":
            time.sleep(1)
        status, answer = ANSWERS.get(self.path, (200, body))
        self.send_response(status)
        for name in ("Host", "Authorization", "Content-Type"):
            self.send_header(f"X-{name}", self.headers.get(name) or "")
        self.end_headers()
        if self.path == "/headers":
            answer = repr(dict(self.headers)).replace("'", '"').encode()
        self.wfile.write(answer)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def serve(tls: ssl.SSLContext | None = None) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()


@pytest.fixture(scope="module")
def plain() -> Iterator[int]:
    yield from serve()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "chat.example.com")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("chat.example.com")]), critical=False)
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path_factory.mktemp("tls") / "cert.pem"
    path.write_bytes(pem)
    path.with_name("both.pem").write_bytes(pem + secret)
    return path


@pytest.fixture(scope="module")
def secure(certificate: Path) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.with_name("both.pem"))
    yield from serve(context)


def test_answers_are_parsed(plain: int) -> None:
    client = JsonClient(f"http://127.0.0.1:{plain}/")
    assert client.request("GET", "/json") == {"a": 1}
    assert client.request("GET", "/empty") is None
    assert client.request("POST", "/echo", {"b": [1]}) == {"b": [1]}
    assert client.request("POST", "/echo", b"\0\1", raw=True) == b"\0\1"


def test_the_password_goes_into_a_header(plain: int) -> None:
    client = JsonClient(f"http://127.0.0.1:{plain}", username="u", password="p")
    assert client.request("GET", "/headers", headers={"X-A": "b"})["Authorization"] == "Basic dTpw"


def test_an_error_carries_status_and_answer(plain: int) -> None:
    with pytest.raises(ApiError, match=r"GET http://127.0.0.1:\d+/denied answered 403: .*M_FORBIDDEN") as caught:
        JsonClient(f"http://127.0.0.1:{plain}").request("GET", "/denied")
    assert (caught.value.status, caught.value.body["errcode"]) == (403, "M_FORBIDDEN")


def test_a_long_answer_is_cut_and_a_query_left_out(plain: int) -> None:
    with pytest.raises(ApiError) as caught:
        JsonClient(f"http://127.0.0.1:{plain}").request("GET", "/broken")
    assert len(str(caught.value)) < 400
    with pytest.raises(ApiError) as caught:
        JsonClient("http://127.0.0.1:1").request("GET", "/x?access_token=secret")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("path", "words"), [("/text", "but no JSON: <html>"), ("/slow", "got no answer: timed out")])
def test_what_is_no_json_or_no_answer_is_an_error(plain: int, path: str, words: str) -> None:
    with pytest.raises(ApiError, match=words):
        JsonClient(f"http://127.0.0.1:{plain}", timeout=0.2).request("GET", path)


def test_tls_is_verified_against_the_name_whatever_the_address(secure: int, certificate: Path) -> None:
    client = JsonClient(f"https://chat.example.com:{secure}", ca_file=str(certificate), connect_address="127.0.0.1")
    assert client.request("GET", "/headers")["Host"] == f"chat.example.com:{secure}"
    pem = JsonClient(f"https://chat.example.com:{secure}", ca_pem=certificate.read_text(), connect_address="127.0.0.1")
    assert pem.request("GET", "/json") == {"a": 1}


@pytest.mark.parametrize("name", ["other.example.com", "127.0.0.1"])
def test_another_name_is_refused(secure: int, certificate: Path, name: str) -> None:
    client = JsonClient(f"https://{name}:{secure}", ca_file=str(certificate), connect_address="127.0.0.1")
    with pytest.raises(ApiError, match="certificate verify failed"):
        client.request("GET", "/json")


def test_what_cannot_be_used_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ApiError, match="'ftp://x' as a server's address"):
        JsonClient("ftp://x")
    with pytest.raises(ApiError, match="Cannot read the certificate authority"):
        JsonClient("https://x", ca_file=str(tmp_path / "missing.pem"))
