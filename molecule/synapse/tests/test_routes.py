"""The edge's table of routes is complete and right; the installed Synapse and its processes are the judges."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import Any

import pytest
from testinfra.host import Host
from testkit import processes
from testkit.routing import examples, kind_of, wiring

testinfra_hosts = ["ansible://chat"]

# docs/workers.md, "Stream writers": the one worker that writes push rules may be asked what others refuse.
REFUSED_BY_OTHERS = {"push_rules"}
MEDIA = ["/_matrix/media/v3/config", "/_matrix/client/v1/media/config", "/_matrix/federation/v1/media/download/x"]
SIGN_IN = ["/_synapse/client/pick_idp", "/_synapse/client/new_user_consent", "/_synapse/client/sso_register"]


@pytest.fixture(scope="module", autouse=True)
def _only_once(host: Host, topology: dict[str, Any]) -> None:
    if host.backend.get_hostname() != topology["tiers"]["chat"]["members"][0]["name"]:
        pytest.skip("the first host of the tier has shown it")


@pytest.fixture(scope="module")
def table(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return wiring(pytestconfig.getoption("ansible_inventory"), tmp_path_factory.mktemp("wiring"))


@pytest.fixture(scope="module")
def synapse(host: Host) -> dict[str, Any]:
    return processes.enumerated(host)


@pytest.fixture(scope="module")
def ask_all(host: Host) -> Any:
    return partial(processes.ask_all, host)


def servers(table: dict[str, Any], kind: str) -> list[tuple[str, int]]:
    backends = {backend["name"]: backend["servers"] for backend in table["haproxy_edge_backends"]}
    return [(server["address"], server["port"]) for server in backends[kind]]


def test_what_is_enumerated_here_is_what_the_program_prints(synapse: dict[str, Any]) -> None:
    printed = {line.split()[-1] for line in synapse["printed"].splitlines() if "^" in line}
    assert printed == {re.sub(r"\(\?P<[^>]+?>(.+?)\)", ".*", pattern) for _method, pattern in synapse["worker"]}
    assert len(printed) > 100


def test_what_a_worker_can_answer_is_led_to_workers(synapse: dict[str, Any], table: dict[str, Any]) -> None:
    routes = table["haproxy_edge_routes"]
    requests = [(method, path) for method, pattern in synapse["worker"] for path in examples(pattern)]
    assert len(requests) > 400
    assert [request for request in requests if kind_of(*request, routes) == "main"] == []


def test_what_only_main_can_answer_is_led_to_main(synapse: dict[str, Any], table: dict[str, Any]) -> None:
    routes = table["haproxy_edge_routes"]
    only = [entry for entry in synapse["main"] if entry not in synapse["worker"]]
    requests = [(method, path) for method, pattern in only for path in examples(pattern)]
    assert len(requests) > 50
    kinds = {request: kind_of(*request, routes) for request in requests}
    assert {request: kind for request, kind in kinds.items() if kind not in {"main", *REFUSED_BY_OTHERS}} == {}


def test_every_stream_of_the_installed_synapse_has_a_writer_that_is_not_main(
    host: Host, plan: dict[str, dict[str, Any]]
) -> None:
    written = {stream for name, process in plan.items() if name != "main" for stream in process["streams"]}
    assert written == set(processes.streams(host))


def test_media_and_sign_in_have_processes_of_their_own(table: dict[str, Any]) -> None:
    routes = table["haproxy_edge_routes"]
    assert {kind_of("GET", path, routes) for path in MEDIA} == {"media"}
    assert {kind_of("GET", path, routes) for path in [*SIGN_IN, "/_matrix/client/v3/login/sso/redirect/x"]} == {"sso"}


def test_every_process_knows_what_is_led_to_it(synapse: dict[str, Any], table: dict[str, Any], ask_all: Any) -> None:
    routes = table["haproxy_edge_routes"]
    known = {(method, path) for method, pattern in synapse["main"] for path in examples(pattern)}
    known |= {("GET", path) for path in [*MEDIA, *SIGN_IN]}
    requests = [
        [address, port, method, path, "", {}]
        for method, path in sorted(known)
        for address, port in servers(table, kind_of(method, path, routes))
    ]
    answers = ask_all(requests)
    bad = [
        (request[:4], status, text)
        for request, (status, text) in zip(requests, answers, strict=True)
        if status >= 500 or "M_UNRECOGNIZED" in text or "No Such Resource" in text
    ]
    assert len(requests) > 400
    assert bad == []


def test_writers_of_streams_write_what_is_led_to_them(host: Host, table: dict[str, Any], ask_all: Any) -> None:
    variables = host.ansible.get_variables()
    who = {"type": "m.id.user", "user": "verify-alice"}
    password = variables["platform_secret_verify_alice_password"]
    login = {"type": "m.login.password", "identifier": who, "password": password}
    ((status, text),) = ask_all([[*servers(table, "client")[0], "POST", "/_matrix/client/v3/login", "", login]])
    assert status == 200, text
    token, user = json.loads(text)["access_token"], f"%40verify-alice%3A{variables['platform_chat_domain']}"
    rule = {"actions": [], "pattern": "route"}
    requests = [
        [*servers(table, kind)[0], method, f"/_matrix/client/v3/{path}", token, body]
        for kind, method, path, body in (
            ("push_rules", "PUT", "pushrules/global/content/route", rule),
            ("push_rules", "DELETE", "pushrules/global/content/route", {}),
            ("account_data", "PUT", f"user/{user}/account_data/route", {"a": 1}),
            ("presence", "PUT", f"presence/{user}/status", {"presence": "online"}),
            ("to_device", "PUT", "sendToDevice/route/1", {"messages": {}}),
        )
    ]
    typing = [*servers(table, "typing")[0], "PUT", f"/_matrix/client/v3/rooms/%21x%3Ax.org/typing/{user}", token]
    answers = [*(ask_all([request])[0] for request in requests), *ask_all([[*typing, {"typing": True}]])]
    # Nobody is in the room of the last one; a process that does not write typing would have failed instead.
    assert [status for status, _text in answers] == [200, 200, 200, 200, 200, 403], answers
