"""The probe passes on a server that delivers, and names the step and the answer of one that does not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.privatechat.platform.plugins.module_utils._http import ApiError
from ansible_collections.privatechat.platform.plugins.modules import chat_probe

ARGS = {
    "url": "https://chat.example.com",
    "sender": "alice",
    "sender_password": "secret-a",
    "receiver": "bob",
    "receiver_password": "secret-b",
    "timeout": 1,
}
STEPS = ["alice logs in", "bob logs in", "both are in one room", "message delivered", "file uploaded and downloaded"]


class FakeServer:
    """A Matrix server in memory; `broken` maps a pattern of `METHOD path` to the error or answer given instead."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.memory: dict[str, Any] = {}
        self.rooms = 0
        self.messages: list[Any] = []
        self.file = b""
        self.broken: dict[str, Any] = {}

    def request(self, method: str, path: str, data: Any = None, _headers: Any = None, raw: bool = False) -> Any:
        call = f"{method} {path.partition('?')[0].removeprefix('/_matrix/client/v3')}"
        self.calls.append(call)
        instead: Any = next((answers for pattern, answers in self.broken.items() if re.search(pattern, call)), [])
        # An answer in a list is given once.
        answer = (instead.pop() if instead else None) if isinstance(instead, list) else instead
        if isinstance(answer, ApiError):
            raise answer
        return self.answer(call, data, raw) if answer is None else answer

    def answer(self, call: str, data: Any, raw: bool) -> Any:
        if call == "POST /login":
            user = data["identifier"]["user"]
            return {"user_id": f"@{user}:example.com", "access_token": f"t-{user}"}
        if "/account_data/" in call:
            if call.startswith("PUT"):
                self.memory = data
            elif not self.memory:
                raise ApiError("404", 404, {})
            return self.memory
        if call == "POST /createRoom":
            self.rooms += 1
            return {"room_id": f"!r{self.rooms}:example.com"}
        if call == "GET /sync":
            events = [{"content": message} for message in self.messages]
            room = self.memory["room_id"]
            return {"next_batch": "s1", "rooms": {"join": {room: {"timeline": {"events": events}}}}}
        if "/send/" in call:
            self.messages.append(data)
        if "upload" in call:
            self.file = data
            return {"content_uri": "mxc://example.com/abc"}
        return self.file if raw else {}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    fake = FakeServer()
    monkeypatch.setattr(chat_probe, "JsonClient", lambda *_args, **_options: fake)
    return fake


@pytest.fixture
def probe(run_module: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    return lambda **options: run_module(chat_probe.main, ARGS, **options)


def test_a_healthy_server_passes_every_step(server: FakeServer, probe: Callable[..., Any]) -> None:
    answer = probe()
    assert not answer["changed"]
    assert [finding["subject"] for finding in answer["findings"]][:5] == STEPS
    assert all(finding["ok"] and finding["found"].endswith(" ms") for finding in answer["findings"])
    assert server.calls.count("POST /logout") == 2


def test_the_room_is_made_once_and_again_when_lost(server: FakeServer, probe: Callable[..., Any]) -> None:
    probe()
    probe()
    assert server.rooms == 1
    server.broken = {"POST /join/%21r1": ApiError("gone", 403, {})}
    assert "failed" not in probe()
    assert server.memory["room_id"] == "!r2:example.com"


def test_check_mode_sends_nothing(server: FakeServer, probe: Callable[..., Any]) -> None:
    assert probe(check=True)["findings"] == []
    assert server.calls == []


@pytest.mark.parametrize(
    ("pattern", "answer", "step", "words"),
    [
        ("/login", ApiError("POST answered 403: M_FORBIDDEN", 403, {}), 0, "M_FORBIDDEN"),
        ("/createRoom", ApiError("answered 500: oops", 500, {}), 2, "answered 500: oops"),
        ("/createRoom", {"nothing": "useful"}, 2, "lacks what was asked for: KeyError('room_id')"),
        ("/sync", {"next_batch": "s1"}, 3, "accepted but no sync of @bob:example.com delivered it"),
        ("/download/", b"other", 4, "the file that came down (5 bytes) is not the one"),
    ],
)
def test_a_failure_names_step_and_answer(
    server: FakeServer, probe: Callable[..., Any], *, pattern: str, answer: Any, step: int, words: str
) -> None:
    server.broken = {pattern: answer}
    result = probe()
    assert result["failed"]
    assert STEPS[step] in result["msg"]
    assert words in result["msg"]
    assert [f["ok"] for f in result["findings"] if f["subject"] in STEPS] == [True] * step + [False]
    assert server.calls.count("POST /logout") == (0 if step == 0 else 2)
    assert not {"secret-a", "secret-b"}.intersection(re.findall(r"secret-\w", json.dumps(result)))


def test_a_request_that_comes_too_early_is_repeated(server: FakeServer, probe: Callable[..., Any]) -> None:
    server.broken = {"/send/": [ApiError("later", 429, {"retry_after_ms": 10})]}
    assert "failed" not in probe()
    server.broken = {"/send/": [ApiError("much later", 429, {"retry_after_ms": 60000})]}
    assert "much later" in probe()["msg"]
