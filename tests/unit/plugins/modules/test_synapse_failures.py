"""Each module of the chat server tells a failure in the server's own words, and no secret with it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from unit.synapse_room_server import FakeRooms
from unit.synapse_server import DOMAIN, FAILURES, PASSWORD, serving

from ansible_collections.privatechat.platform.plugins.modules import (
    synapse_registration_tokens,
    synapse_rooms,
    synapse_users,
    synapse_users_info,
)

OWN = {"server_name": DOMAIN}
USER = {"name": "alice", "password": "secret-a"}
# module -> options, its first question, and something that it writes
MODULES: dict[str, tuple[Any, dict[str, Any], str, str]] = {
    "users": (synapse_users, {**OWN, "users": [USER]}, "v3/users", "PUT .*alice"),
    "users_info": (synapse_users_info, {}, "v3/users", ""),
    "rooms": (synapse_rooms, {**OWN, "rooms": [{"alias": "a"}]}, "directory/room", "createRoom"),
    "tokens": (
        *(synapse_registration_tokens, {"tokens": [{"name": "a", "token": "secret-t"}]}),
        *("GET .*registration_tokens", "registration_tokens/new"),
    ),
}
CASES = [
    (name, where, kind)
    for name, (_module, _options, reading, writing) in MODULES.items()
    for where in filter(None, ("/login", reading, writing))
    for kind in FAILURES
    # An alias that is not there is no failure, what most writes answer is not looked at, and silence takes time.
    if (where, kind) != ("directory/room", "404")
    and not (kind == "another JSON" and where == writing)
    and not (kind == "silent" and where != reading)
]


@pytest.mark.parametrize(("name", "where", "kind"), CASES)
def test_a_failure_is_told_in_the_servers_words(
    run_module: Callable[..., dict[str, Any]], name: str, where: str, kind: str
) -> None:
    module, options, *_ = MODULES[name]
    fake = FakeRooms()
    fake.instead = {where: [kind]}
    with serving(fake) as url:
        arguments = {"url": url, "username": "admin", "password": PASSWORD, "timeout": 1, **options}
        answer = run_module(module.main, arguments)
    assert answer["failed"]
    assert re.match(r"Cannot (manage|read) the .* of the chat server: ", answer["msg"])
    assert re.search(FAILURES[kind], answer["msg"])
    assert "secret-" not in json.dumps(answer)
    assert PASSWORD not in json.dumps(answer)
    assert fake.sessions == {} or kind in ("silent", "cut off")


@pytest.mark.parametrize("name", MODULES)
def test_a_server_that_wants_patience_gets_it(run_module: Callable[..., dict[str, Any]], name: str) -> None:
    module, options, reading, writing = MODULES[name]
    fake = FakeRooms()
    fake.instead = {where: ["429", "429 by header", ""] for where in (reading, writing or reading)}
    with serving(fake) as url:
        arguments = {"url": url, "username": "admin", "password": PASSWORD, "timeout": 3, **options}
        answer = run_module(module.main, arguments)
    assert "failed" not in answer
    assert answer["changed"] is bool(writing)


@pytest.mark.parametrize("name", MODULES)
def test_who_asks_must_be_named(run_module: Callable[..., dict[str, Any]], name: str) -> None:
    module, options, *_ = MODULES[name]
    answer = run_module(module.main, {"url": "http://127.0.0.1:1", **options})
    assert "one of the following is required: username, access_token" in answer["msg"]
