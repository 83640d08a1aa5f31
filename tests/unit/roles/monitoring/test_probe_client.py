"""The chat probe goes on like a client does, starts anew what the server has forgotten, and tells what went wrong."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from probe_client import Probe, Refused, Server
from unit.synapse_server import CLIENT, serving
from unit.synapse_talk_server import FakeTalk

SENDER, RECEIVER = ("probe-sender", "secret-s"), ("probe-receiver", "secret-r")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeTalk:
    monkeypatch.setattr("probe_client.PAUSE_SECONDS", 0.05)
    return FakeTalk()


@pytest.fixture
def probe(fake: FakeTalk) -> Iterator[Probe]:
    with serving(fake) as url:
        yield Probe(Server(url.replace("127.0.0.1", "chat.example.com"), "127.0.0.1"), "ops1", SENDER, RECEIVER)


def logins(fake: FakeTalk) -> int:
    return fake.calls.count(f"POST {CLIENT}/login")


def test_a_message_is_timed_and_everything_but_it_is_done_once(fake: FakeTalk, probe: Probe) -> None:
    assert [0 < probe.run(5) < 5 for _ in range(3)] == [True] * 3
    assert (logins(fake), len(fake.rooms), len(fake.said)) == (2, 1, 3)
    assert fake.devices == {"probe-ops1"}
    assert fake.remembered == {"privatechat.probe.ops1": {"room_id": "!0:example.com"}}


def test_another_start_meets_in_the_same_room(fake: FakeTalk, probe: Probe) -> None:
    probe.run(5)
    Probe(probe.sender.server, "ops1", SENDER, RECEIVER).run(5)
    assert (len(fake.rooms), len(fake.said)) == (1, 2)
    Probe(probe.sender.server, "ops2", SENDER, RECEIVER).run(5)
    assert len(fake.rooms) == 2


def test_a_forgotten_token_is_replaced(fake: FakeTalk, probe: Probe) -> None:
    probe.run(5)
    fake.sessions.clear()
    probe.run(5)
    assert logins(fake) == 4


def test_a_token_that_is_never_taken_ends_the_attempt(fake: FakeTalk, probe: Probe) -> None:
    fake.instead = {"/sync": ["401"]}
    with pytest.raises(Refused, match="answered 401 M_UNKNOWN_TOKEN"):
        probe.run(5)
    assert logins(fake) == 3


def test_a_lost_room_is_made_anew_the_next_time(fake: FakeTalk, probe: Probe) -> None:
    probe.run(5)
    fake.instead = {"/send/": ["403", ""]}
    with pytest.raises(Refused, match="answered 403 M_FORBIDDEN"):
        probe.run(5)
    fake.rooms = {"!gone:example.com": {"members": set()}}
    probe.run(5)
    assert fake.remembered["privatechat.probe.ops1"] == {"room_id": "!1:example.com"}


@pytest.mark.parametrize("failure", ["500", "429", "cut off"])
def test_what_a_client_would_try_again_is_tried_again(fake: FakeTalk, probe: Probe, failure: str) -> None:
    fake.instead = {"/send/": [failure, ""]}
    probe.run(5)
    assert len(fake.said) == 1
    assert sum("/send/" in call for call in fake.calls) == 2
    assert len({call for call in fake.calls if "/send/" in call}) == 1, "the same number again"


@pytest.mark.parametrize(
    ("pattern", "failure", "words"),
    [
        ("/login", "403", "POST /_matrix/client/v3/login: answered 403 M_FORBIDDEN"),
        ("/createRoom", "500", "POST /_matrix/client/v3/createRoom: answered 500 M_UNKNOWN"),
        ("/sync", "another JSON", "an answer lacks what was asked for"),
        ("/send/", "429 for long", "answered 429 M_LIMIT_EXCEEDED"),
    ],
)
def test_what_went_wrong_is_told_without_secrets(
    fake: FakeTalk, probe: Probe, pattern: str, failure: str, words: str
) -> None:
    fake.instead = {pattern: [failure]}
    with pytest.raises(Refused) as problem:
        probe.run(1)
    assert words in str(problem.value)
    assert not any(secret in str(problem.value) for secret in ("secret-s", "secret-r", *fake.sessions))


def test_a_message_that_is_taken_and_not_delivered_is_a_failure(fake: FakeTalk, probe: Probe) -> None:
    fake.deaf = True
    began = time.monotonic()
    with pytest.raises(Refused, match="accepted, and no sync delivered it"):
        probe.run(1)
    assert time.monotonic() - began < 3
    fake.deaf = False
    probe.run(5)


def test_nobody_listening_is_a_failure_in_time() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        server = Server(f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(Refused, match="no answer"):
            Probe(server, "ops1", SENDER, RECEIVER).run(1)


def test_a_server_whose_certificate_nobody_signed_is_not_talked_to(tmp_path: Any) -> None:
    server = Server("https://chat.example.com", "127.0.0.1", str(tmp_path / "missing.pem"))
    with pytest.raises(Refused, match="no answer"):
        Probe(server, "ops1", SENDER, RECEIVER).run(1)
