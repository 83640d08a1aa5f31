"""Requests go to the kind of process that the table names, users stay where they are, and losses are borne."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from testinfra.host import Host
from testkit import wait
from testkit.routing import examples, kind_of, wiring

testinfra_hosts = ["ansible://edge"]
Ask = Callable[..., Any]
SYNC = "/_matrix/client/v3/sync"


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
