"""Only what differs is sent, passwords are compared as hashes, and what was sent is then what was wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from unit.rabbitmq_server import FakeServer

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


def test_a_virtual_host_that_was_made_without_a_queue_type_gets_it(server: FakeServer, run_module: Run) -> None:
    server.objects["/vhosts/chat"] = {"default_queue_type": "undefined"}
    answer = run_module(definitions.main, ARGS)
    assert answer["requests"] == server.calls
    assert ("DELETE /vhosts/chat" in server.calls) is (server.release == "3.10")
    assert server.objects["/permissions/chat/worker"]
    assert not run_module(definitions.main, ARGS)["changed"]


def test_a_virtual_host_with_queues_is_never_removed(server: FakeServer, run_module: Run) -> None:
    server.objects |= {"/vhosts/chat": {"default_queue_type": "undefined"}, "/queues/chat/kept": {}}
    answer = run_module(definitions.main, ARGS)
    assert "/queues/chat/kept" in server.objects
    assert ("has 1 queue(s)" in str(answer.get("msg"))) is (server.release == "3.10")


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
