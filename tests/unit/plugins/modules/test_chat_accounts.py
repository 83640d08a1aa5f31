"""Missing accounts are registered with a proof of the secret, existing ones are never touched."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import unquote

import pytest

from ansible_collections.privatechat.platform.plugins.modules import chat_accounts


class FakeSynapse(BaseHTTPRequestHandler):
    """Answers like Synapse's profile and registration interfaces; no Synapse runs beside unit tests."""

    users: set[str]
    seen: list[dict[str, Any]]

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""

    def answer(self, status: int, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self) -> None:
        if "profile" in self.path:
            found = unquote(self.path.rsplit("/", 1)[1]) in self.users
            self.answer(200 if found else 404, {})
        else:
            self.answer(200, {"nonce": "n"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if body["username"] == "gone":
            self.answer(400, {"errcode": "M_USER_IN_USE", "error": "User ID already taken."})
            return
        self.seen.append(body)
        self.users.add(f"@{body['username']}:example.com")
        self.answer(200, {})


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    FakeSynapse.users, FakeSynapse.seen = {"@old:example.com"}, []
    http_server = HTTPServer(("127.0.0.1", 0), FakeSynapse)
    threading.Thread(target=http_server.serve_forever, daemon=True).start()
    yield http_server
    http_server.shutdown()


@pytest.fixture
def arguments(server: HTTPServer) -> dict[str, Any]:
    return {
        "url": f"http://127.0.0.1:{server.server_port}",
        "server_name": "example.com",
        "shared_secret": "the-secret",
        "accounts": [{"name": "old", "password": "pw-1"}, {"name": "new", "password": "pw-2", "admin": True}],
    }


def test_check_do_check_do(run_module: Callable[..., Any], arguments: dict[str, Any]) -> None:
    assert run_module(chat_accounts.main, arguments, check=True)["made"] == ["@new:example.com"]
    assert FakeSynapse.seen == []
    assert run_module(chat_accounts.main, arguments)["made"] == ["@new:example.com"]
    assert not run_module(chat_accounts.main, arguments, check=True)["changed"]
    assert not run_module(chat_accounts.main, arguments)["changed"]


def test_the_request_proves_the_secret_without_telling_it(
    run_module: Callable[..., Any], arguments: dict[str, Any]
) -> None:
    answer = run_module(chat_accounts.main, arguments)
    (body,) = FakeSynapse.seen

    assert body["mac"] == chat_accounts.proof("the-secret", "n", {"name": "new", "password": "pw-2", "admin": True})
    assert "the-secret" not in json.dumps(body)
    assert "pw-2" not in json.dumps(answer)


def test_the_proof_is_the_documented_one() -> None:
    # What openssl dgst -sha1 -hmac the-secret says of the fields joined by NUL.
    account = {"name": "new", "password": "pw-2", "admin": False}
    assert chat_accounts.proof("the-secret", "n", account) == "8d12d6dd503fa7fa9c3f9b1f2c061b1b282f3a32"


def test_the_name_of_a_deactivated_account_is_left_alone(
    run_module: Callable[..., Any], arguments: dict[str, Any]
) -> None:
    accounts = [{"name": "gone", "password": "pw-3"}, {"name": "new", "password": "pw-2"}]
    answer = run_module(chat_accounts.main, arguments | {"accounts": accounts})
    assert answer["made"] == ["@new:example.com"]


def test_a_server_that_does_not_answer_is_named(run_module: Callable[..., Any], arguments: dict[str, Any]) -> None:
    answer = run_module(chat_accounts.main, arguments | {"url": "http://127.0.0.1:1"})
    assert answer["failed"]
    assert "'@old:example.com'" in answer["msg"]
