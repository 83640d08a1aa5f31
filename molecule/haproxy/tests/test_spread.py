"""Users and rooms stay with the server they have, and a server that is lost moves only its own."""

from __future__ import annotations

import base64
import http.client
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from testinfra.host import Host
from testkit import wait

testinfra_hosts = ["ansible://edge"]
Ask = Callable[..., Any]
USERS = [f"user-{number}" for number in range(400)]


@pytest.fixture(scope="module", autouse=True)
def _only_once(host: Host, topology: dict[str, Any]) -> None:
    if host.backend.get_hostname() != topology["tiers"]["edge"]["members"][0]["name"]:
        pytest.skip("the first host of the tier has shown it")


def token(user: str, device: str = "a") -> dict[str, str]:
    """Return the header of a user's access token, made as Synapse makes them."""
    name = base64.b64encode(user.encode()).decode().rstrip("=")
    return {"Authorization": f"Bearer syt_{name}_{device}_1"}


def homes(ask: Ask, port: int, users: list[str]) -> dict[str, str]:
    """Return the server that answers each user; a request that is cut is sent again, as clients do."""

    def home(user: str) -> str:
        for _ in range(3):
            with suppress(http.client.HTTPException, OSError):
                return str(ask("GET", "/_matrix/x", token(user), port=port, keep=True).json["name"])
        raise AssertionError(f"{user} gets no answer")

    return {user: home(user) for user in users}


def test_the_health_service_takes_servers_out_but_never_all(ask: Ask, spread: Any) -> None:
    def seen() -> set[str]:
        return set(homes(ask, spread.port, USERS[:60]).values())

    assert seen() == set(spread.names)
    try:
        spread.tell(unfit="generic1 generic2")
        wait.until(lambda: seen() == set(spread.names) - {"generic1", "generic2"}, what="unfit servers being left out")
        spread.tell(unfit=" ".join(spread.names))
        wait.until(lambda: seen() == set(spread.names), what="all of them serving although all are unfit")
    finally:
        spread.tell()


def test_a_user_s_devices_share_a_server_and_a_lost_server_moves_only_its_own(ask: Ask, spread: Any) -> None:
    def now() -> dict[str, str]:
        return homes(ask, spread.port, USERS)

    # Servers that another test has called unfit come back one by one.
    wait.until(lambda: now() == now(), what="every user having one server")
    before = now()
    shares = Counter(before.values())
    assert max(shares.values()) < 1.5 * len(USERS) / len(spread.names), shares
    for user in USERS[:40]:
        by_query = token(user, "c")["Authorization"].removeprefix("Bearer ").replace("+", "%2B")
        assert ask("GET", "/_matrix/x", token(user, "b"), port=spread.port, keep=True).json["name"] == before[user]
        assert ask("GET", f"/_matrix/x?access_token={by_query}", port=spread.port).json["name"] == before[user]
    spread.tell(dead="generic3")
    wait.until(lambda: "generic3" not in now().values(), what="the loss being seen")
    moved = [user for user, home in now().items() if home != before[user]]
    spread.tell()
    assert 0 < len(moved) / len(USERS) <= 1 / len(spread.names) + 0.05
    wait.until(lambda: now() == before, what="everybody being back")


def test_the_history_of_a_room_is_read_from_one_server(ask: Ask, spread: Any) -> None:
    def server(room: str, user: str) -> str:
        path = f"/_matrix/client/v3/rooms/{room}/messages?dir=b"
        return str(ask("GET", path, token(user), port=spread.port, keep=True).json["name"])

    rooms = {number: {server(f"%21{number}%3Aexample.com", user) for user in USERS[:5]} for number in range(20)}
    assert all(len(home) == 1 for home in rooms.values())
    assert len(set.union(*rooms.values())) > 2
    assert server("!7:example.com", "x") in rooms[7]
