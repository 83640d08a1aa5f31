"""Requests go to the kind of process that the table names, users stay where they are, and losses are borne."""

from __future__ import annotations

import base64
import http.client
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from testinfra.host import Host
from testkit import wait
from testkit.routing import examples, kind_of, wiring

testinfra_hosts = ["ansible://edge"]
Ask = Callable[..., Any]
SYNC = "/_matrix/client/v3/sync"
USERS = [f"user-{number}" for number in range(400)]


@pytest.fixture(scope="module", autouse=True)
def _only_once(host: Host, topology: dict[str, Any]) -> None:
    if host.backend.get_hostname() != topology["tiers"]["edge"]["members"][0]["name"]:
        pytest.skip("the first host of the tier has shown it")


@pytest.fixture(scope="module")
def table(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return wiring(pytestconfig.getoption("ansible_inventory"), tmp_path_factory.mktemp("wiring"))


def servers(table: dict[str, Any], kind: str) -> set[str]:
    """Return the names of the processes that serve a kind."""
    (found,) = (backend["servers"] for backend in table["haproxy_edge_backends"] if backend["name"] == kind)
    return {server["name"] for server in found}


def test_the_balancer_reads_the_table_as_its_proof_does(ask: Ask, twin: Any, table: dict[str, Any]) -> None:
    routes = table["haproxy_edge_routes"]
    paths = [path for route in routes for pattern in route["paths"] for path in examples(pattern)[:4]]
    others = ["/_matrix/client/v3/logout", "/_matrix/client/v3/rooms/x/upgrade", "/_matrix/key/v2/server"]
    wrong = {}
    for path in [*paths, *others]:
        answer = ask("GET", path, port=twin.port, keep=True)
        kind = "initial_sync" if path.endswith("/sync") else kind_of("GET", path, routes)
        if (answer.kind, answer.json["path"]) != (kind, path) or answer.json["name"] not in servers(table, kind):
            wrong[path] = (kind, answer.kind, answer.json["name"])
    assert len(paths) > 60
    assert wrong == {}


def test_a_client_s_first_sync_is_apart(ask: Ask, twin: Any) -> None:
    queries = ("", "?timeout=0", "?since=s1", "?since=s1&full_state=true", "?since=s1&full_state=false")
    kinds = {query: ask("GET", f"{SYNC}{query}", port=twin.port).kind for query in queries}
    assert kinds == {
        "": "initial_sync",
        "?timeout=0": "initial_sync",
        "?since=s1": "sync",
        "?since=s1&full_state=true": "initial_sync",
        "?since=s1&full_state=false": "sync",
    }


def test_a_client_cannot_choose_the_address_that_synapse_sees(ask: Ask, twin: Any) -> None:
    forged = {"X-Forwarded-For": "192.0.2.66", "Forwarded": "for=192.0.2.66", "X-Real-IP": "192.0.2.66"}
    seen = {name.lower(): value for name, value in ask("GET", SYNC, forged, port=twin.port).json["headers"].items()}
    assert seen["x-forwarded-proto"] == "https"
    assert "192.0.2.66" not in str(seen)


def test_overload_tells_clients_to_come_back(ask: Ask, twin: Any) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ask("POST", "/_matrix/client/v3/logout?slow", port=twin.port), range(4)))
    busy = [answer for answer in answers if answer.status != 200]
    assert 0 < len(busy) < 4
    assert {(answer.status, answer.json["errcode"]) for answer in busy} == {(429, "M_LIMIT_EXCEEDED")}
    assert busy[0].headers["access-control-allow-origin"] == "*"


def test_others_step_in_only_where_they_can(ask: Ask, twin: Any, table: dict[str, Any]) -> None:
    dead = set.union(*(servers(table, kind) for kind in ("push_rules", "typing", "client", "media"))) - {"main"}
    rules = "/_matrix/client/v3/pushrules/global/content/x"
    twin.tell(dead=" ".join(dead))
    try:
        wait.until(lambda: ask("GET", rules, port=twin.port).json.get("name") == "main", what="main stepping in")
        for method, path in (("PUT", rules), ("PUT", "/_matrix/client/v3/rooms/x/typing/x")):
            answer = ask(method, path, port=twin.port)
            assert (answer.status, answer.json["errcode"]) == (503, "M_UNKNOWN"), path
    finally:
        twin.tell()


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
    before = wait.until(lambda: (seen := now()) == now() and seen, what="every user having one server")
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


def test_the_history_of_a_room_is_read_from_one_server(ask: Ask, spread: Any) -> None:
    def server(room: str, user: str) -> str:
        path = f"/_matrix/client/v3/rooms/{room}/messages?dir=b"
        return str(ask("GET", path, token(user), port=spread.port, keep=True).json["name"])

    rooms = {number: {server(f"%21{number}%3Aexample.com", user) for user in USERS[:5]} for number in range(20)}
    assert all(len(home) == 1 for home in rooms.values())
    assert len(set.union(*rooms.values())) > 2
    assert server("!7:example.com", "x") in rooms[7]
