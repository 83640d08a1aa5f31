"""The client waits as the server asks, reads lists page by page, and keeps its requests within bounds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from unit.synapse_server import ADMIN, FAILURES, PASSWORD, FakeSynapse, serving

from ansible_collections.privatechat.platform.plugins.module_utils import _synapse
from ansible_collections.privatechat.platform.plugins.module_utils._http import ApiError, JsonClient

WHO = "/_matrix/client/v3/account/whoami"


@pytest.fixture
def fake() -> FakeSynapse:
    return FakeSynapse()


@pytest.fixture
def url(fake: FakeSynapse) -> Iterator[str]:
    with serving(fake) as address:
        yield address


def params(url: str, **more: Any) -> dict[str, Any]:
    given = {"url": url, "username": "admin", "password": PASSWORD, "access_token": None, "timeout": 1}
    return {**dict.fromkeys(("ca_file", "ca_pem", "connect_address")), **given, "concurrency": 3, **more}


def test_a_session_ends_with_its_token(fake: FakeSynapse, url: str) -> None:
    with _synapse.session(params(url)) as server:
        assert server.user_id == ADMIN
        assert len(fake.sessions) == 1
    assert fake.sessions == {}


def test_an_operators_token_outlasts_the_session(fake: FakeSynapse, url: str) -> None:
    fake.sessions["mine"] = ADMIN
    with _synapse.session(params(url, username=None, password=None, access_token="mine")) as server:
        assert server.user_id == ADMIN
    assert fake.sessions == {"mine": ADMIN}


def test_a_session_that_fails_ends_too_and_tells_what_failed_first(fake: FakeSynapse, url: str) -> None:
    fake.instead = {"logout": ["500"], "whoami": ["403"]}
    with pytest.raises(ApiError, match="answered 403"), _synapse.session(params(url)) as server:
        server.call("GET", WHO)
    assert fake.calls[-1].endswith("/logout")


@pytest.mark.parametrize("kind", ["429", "429 by header"])
def test_a_request_that_comes_too_early_is_repeated(fake: FakeSynapse, url: str, kind: str) -> None:
    with _synapse.session(params(url)) as server:
        fake.instead = {"whoami": [kind, kind, ""]}
        assert server.call("GET", WHO) == {"user_id": ADMIN}
    assert [call for call in fake.calls if "whoami" in call] == [f"GET {WHO}"] * 3


def test_no_wait_is_longer_than_the_time_there_is(fake: FakeSynapse, url: str) -> None:
    fake.instead = {"whoami": ["429 for long"]}
    began = time.monotonic()
    with pytest.raises(ApiError, match="answered 429"), _synapse.session(params(url)) as server:
        server.call("GET", WHO)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    ("body", "header", "seconds"),
    [({"retry_after_ms": 1500}, None, 1.5), ("text", "7", 7), ("text", None, 1), ({}, "Wed, 21 Oct 2026", 1)],
)
def test_the_servers_wait_is_understood(body: Any, header: str | None, seconds: float) -> None:
    assert _synapse.wait_of(ApiError("later", 429, body, header)) == seconds


@pytest.mark.parametrize("kind", FAILURES)
def test_whatever_is_no_answer_is_one_kind_of_error(fake: FakeSynapse, url: str, kind: str) -> None:
    fake.instead = {"admin/v3/users": [kind]}
    with pytest.raises(ApiError, match=FAILURES[kind]), _synapse.session(params(url)) as server:
        list(server.pages("/_synapse/admin/v3/users", "users", "next_token", locked="true"))


def test_a_list_is_read_to_its_end(fake: FakeSynapse, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_synapse, "PAGE", 4)
    fake.add(*(f"user{number}" for number in range(9)))
    with _synapse.session(params(url)) as server:
        rows = list(server.pages("/_synapse/admin/v3/users", "users", "next_token", locked="true"))
    assert [row["name"] for row in rows] == list(fake.users)
    assert sum("v3/users" in call for call in fake.calls) == 3


def test_no_more_requests_are_under_way_than_allowed(fake: FakeSynapse, url: str) -> None:
    fake.seconds = 0.02
    with _synapse.session(params(url)) as server:
        answers = server.each(lambda _number: server.call("GET", WHO), range(30))
    assert answers == [{"user_id": ADMIN}] * 30
    assert 1 < fake.most_busy <= 3


def test_every_failure_is_named_until_the_rest_is_given_up(url: str) -> None:
    server = _synapse.Synapse(JsonClient(url))
    tried = []

    def refuse(number: int) -> None:
        tried.append(number)
        raise ApiError(f"no {number}")

    with pytest.raises(ApiError, match=r"^no 1; no 2$"):
        server.each(refuse, [1, 2])
    with pytest.raises(ApiError, match=r"no 4.* The rest was not tried\."):
        server.each(refuse, range(1000))
    assert len(tried) < 20


def test_what_is_not_there_is_found_missing_and_nothing_else_is(fake: FakeSynapse, url: str) -> None:
    with _synapse.session(params(url)) as server:
        assert server.find("/nothing") is None
        fake.instead = {"nothing": ["403"]}
        with pytest.raises(ApiError, match="answered 403"):
            server.find("/nothing")
