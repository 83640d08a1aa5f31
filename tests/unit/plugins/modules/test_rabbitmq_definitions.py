"""Only what differs is sent, passwords are compared as hashes, and what was sent is then what was wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.privatechat.platform.plugins.module_utils._http import ApiError
from ansible_collections.privatechat.platform.plugins.modules import rabbitmq_definitions as definitions

WORKER = {
    "name": "worker",
    "password": "secret-w",
    "tags": [],
    "permissions": [{"vhost": "chat", "configure": ".*", "write": ".*", "read": ".*"}],
}
ADMINISTRATOR = {"name": "administrator", "password": "secret-a", "tags": ["administrator"], "permissions": []}
POLICY = {"vhost": "chat", "name": "limit", "pattern": ".*", "definition": {"max-length": 9}}
ARGS: dict[str, Any] = {
    "url": "https://192.0.2.11:15671",
    "ca_file": "/etc/privatechat/tls/ca.pem",
    "username": "administrator",
    "password": "secret-a",
    "vhosts": [{"name": "chat"}],
    "users": [ADMINISTRATOR, WORKER],
    "policies": [POLICY],
}


class FakeServer:
    """RabbitMQ's management interface in memory, as one of its releases answers."""

    def __init__(self, release: str) -> None:
        self.release = release
        self.objects: dict[str, dict[str, Any]] = {"/vhosts/%2F": {}}
        self.calls: list[str] = []
        self.user("guest", "guest", ["administrator"])
        self.user("administrator", "secret-a", ["administrator"])
        self.objects["/permissions/chat/guest"] = {"configure": "", "write": "", "read": ""}
        self.objects["/permissions/chat/administrator"] = {"configure": ".*", "write": "", "read": ""}

    def user(self, name: str, password: str, tags: list[str]) -> None:
        body = {"password_hash": definitions.hashed(password, b"salt"), "hashing_algorithm": definitions.ALGORITHM}
        self.objects[f"/users/{name}"] = {**body, "tags": tags}

    def request(self, method: str, path: str, data: Any = None) -> Any:
        name = path.removeprefix("/api").partition("?")[0]
        if method == "GET":
            return [self.row(key) for key in self.objects if key.startswith(f"{name}/")]
        self.calls.append(f"{method} {name}")
        if method == "DELETE":
            if name.startswith("/users/"):
                user = name.removeprefix("/users/")
                self.objects = {key: body for key, body in self.objects.items() if not key.endswith(f"/{user}")}
            else:
                del self.objects[name]
            return None
        kept = dict(data)
        if "defaultqueuetype" in kept:
            kind = kept["defaultqueuetype" if self.release == "3.10" else "default_queue_type"]
            kept = {"default_queue_type": kind}
            if self.release == "3.10":
                kept = {"metadata": kept}
        if "tags" in kept and self.release != "3.8":
            kept["tags"] = kept["tags"].split(",") if kept["tags"] else []
        self.objects[name] = kept
        return None

    def row(self, key: str) -> dict[str, Any]:
        _, kind, *names = key.split("/")
        named = {"permissions": ("vhost", "user"), "policies": ("vhost", "name")}.get(kind, ("name",))
        return {**dict(zip(named, names, strict=True)), **self.objects[key]}


@pytest.fixture(params=["3.8", "3.10", "4.0"])
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    fake = FakeServer(request.param)
    monkeypatch.setattr(definitions, "JsonClient", lambda **_options: fake)
    return fake


Run = Callable[..., dict[str, Any]]


def test_what_is_missing_is_made_and_what_is_unknown_removed(server: FakeServer, run_module: Run) -> None:
    answer = run_module(definitions.main, ARGS)
    assert answer["requests"] == [
        "PUT /vhosts/chat",
        "PUT /users/worker",
        "PUT /permissions/chat/worker",
        "PUT /policies/chat/limit",
        "DELETE /users/guest",
        "DELETE /permissions/chat/administrator",
    ]
    assert server.calls == answer["requests"]


def test_a_second_run_sends_nothing(server: FakeServer, run_module: Run) -> None:
    assert run_module(definitions.main, ARGS)["changed"]
    server.calls.clear()
    answer = run_module(definitions.main, ARGS)
    assert not answer["changed"]
    assert server.calls == []
    assert answer["diff"]["before"] == answer["diff"]["after"]


def test_a_new_password_is_one_request_and_never_shown(server: FakeServer, run_module: Run) -> None:
    run_module(definitions.main, ARGS)
    server.calls.clear()
    answer = run_module(definitions.main, {**ARGS, "users": [ADMINISTRATOR, {**WORKER, "password": "new-secret"}]})
    assert server.calls == ["PUT /users/worker"]
    stored = server.objects["/users/worker"]
    assert definitions.hash_of("new-secret", stored) == stored["password_hash"]
    assert stored["password_hash"] not in str(answer)
    assert answer["diff"]["before"] != answer["diff"]["after"]


def test_check_mode_tells_and_sends_nothing(server: FakeServer, run_module: Run) -> None:
    assert run_module(definitions.main, ARGS, check=True)["requests"]
    assert server.calls == []


def test_a_hash_of_another_kind_is_replaced() -> None:
    stored = {"password_hash": definitions.hashed("word", b"salt"), "hashing_algorithm": "rabbit_password_hashing_md5"}
    assert definitions.hash_of("word", stored) != stored["password_hash"]


def test_names_with_slashes_are_one_part_of_a_path() -> None:
    assert definitions.path("vhosts", "/") == "/vhosts/%2F"


def test_who_works_is_never_removed(server: FakeServer, run_module: Run) -> None:
    answer = run_module(definitions.main, {**ARGS, "users": [WORKER]})
    assert answer["failed"]
    assert "administrator" in answer["msg"]
    assert server.calls == []


def test_a_refusal_keeps_the_server_s_words(
    server: FakeServer, run_module: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: Any) -> None:
        raise ApiError("GET answered 401: not_authorised", 401)

    monkeypatch.setattr(server, "request", refuse)
    assert "not_authorised" in run_module(definitions.main, ARGS)["msg"]
