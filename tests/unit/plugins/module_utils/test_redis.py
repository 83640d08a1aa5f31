"""The client returns values or raises one kind of error with the server's own words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from unit.redis_server import ADDRESS, Server, encoded, serving

from ansible_collections.privatechat.platform.plugins.module_utils._redis import RedisClient, RedisError, facts, pairs

ANSWERS = {
    "PING": b"+PONG\r\n",
    "COUNT": b":-7\r\n",
    "NOTHING": b"$-1\r\n",
    "NONE": b"*-1\r\n",
    "TEXT": encoded("two\r\nlines"),
    "LIST": encoded(["a", ["b", ""]]),
    "CONFIG GET *": b"-NOPERM this user has no permissions\r\n",
    "HALF": b"+PO",
    "AUTH u wrong": b"-WRONGPASS invalid\r\n",
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path, ANSWERS) as running:
        yield running


@pytest.mark.parametrize(
    ("command", "value"),
    [
        ("PING", "PONG"),
        ("COUNT", -7),
        ("NOTHING", None),
        ("NONE", None),
        ("TEXT", "two\r\nlines"),
        ("LIST", ["a", ["b", ""]]),
    ],
)
def test_answers_become_values(server: Server, command: str, value: object) -> None:
    with RedisClient(ADDRESS, server.port, server.ca_file, username="u", password="p w") as client:
        assert client.say(command) == value
    assert server.told == ["AUTH u p w", command]


def test_a_refusal_is_an_error_and_the_session_goes_on(server: Server) -> None:
    with RedisClient(ADDRESS, server.port, server.ca_file, username="u", password="p") as client:
        with pytest.raises(RedisError, match="NOPERM this user has no permissions"):
            client.say("CONFIG", "GET", "*")
        assert client.say("PING") == "PONG"


def test_a_wrong_password_is_an_error(server: Server) -> None:
    with pytest.raises(RedisError, match="WRONGPASS"):
        RedisClient(ADDRESS, server.port, server.ca_file, username="u", password="wrong")


def test_an_answer_that_stops_is_an_error(server: Server) -> None:
    client = RedisClient(ADDRESS, server.port, server.ca_file, username="u", password="p", timeout=0.3)
    with client, pytest.raises(RedisError):
        client.say("HALF")


def test_nobody_there_is_an_error(server: Server) -> None:
    with pytest.raises(RedisError, match="refused"):
        RedisClient("127.0.0.2", server.port, server.ca_file, username="u", password="p")


def test_a_certificate_for_another_address_is_refused(server: Server) -> None:
    with pytest.raises(RedisError, match="certificate"):
        RedisClient("localhost", server.port, server.ca_file, username="u", password="p")
    assert server.told == []


def test_a_missing_authority_is_an_error(server: Server) -> None:
    with pytest.raises(RedisError, match="No such file"):
        RedisClient(ADDRESS, server.port, "/nowhere/ca.pem", username="u", password="p")


def test_info_and_flat_lists_become_dictionaries() -> None:
    assert facts("# Server\r\na:1\r\nb:c:d\r\n\r\n") == {"a": "1", "b": "c:d"}
    assert pairs(["a", "1", "b", "2"]) == {"a": "1", "b": "2"}
