"""The edge's table of routes is complete and right; the installed Synapse and its processes are the judges."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from testinfra.host import Host
from testkit.routing import examples, kind_of, wiring

testinfra_hosts = ["ansible://chat[0]"]

# Runs Synapse's own program and also tells what it has found before it shortened that for people.
PRINT = """
import contextlib, io, json, sys
from synapse._scripts import generate_workers_map as program
enumerate_paths, found = program.get_registered_paths_for_default, {}
def remember(app, config):
    found["worker" if app else "main"] = paths = enumerate_paths(app, config)
    return paths
program.get_registered_paths_for_default = remember
sys.argv = ["generate_workers_map", "--config-path", "/etc/matrix-synapse/homeserver.yaml"]
with contextlib.redirect_stdout(io.StringIO()) as printed:
    program.main()
print(json.dumps({"printed": printed.getvalue(), **{name: sorted(paths) for name, paths in found.items()}}))
"""
ASK = """
import concurrent.futures, http.client, json, sys
def ask(request):
    address, port, method, path, token, body = request
    connection = http.client.HTTPConnection(address, port, timeout=60)
    headers = {"Content-Type": "application/json", **({"Authorization": "Bearer " + token} if token else {})}
    connection.request(method, path, json.dumps(body), headers)
    answer = connection.getresponse()
    return [answer.status, answer.read().decode(errors="replace")[:4000]]
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    print(json.dumps(list(pool.map(ask, json.load(sys.stdin)))))
"""
# docs/workers.md, "Stream writers": the one worker that writes push rules may be asked what others refuse.
REFUSED_BY_OTHERS = {"push_rules"}
MEDIA = ["/_matrix/media/v3/config", "/_matrix/client/v1/media/config", "/_matrix/federation/v1/media/download/x"]
SIGN_IN = ["/_synapse/client/pick_idp", "/_synapse/client/new_user_consent", "/_synapse/client/sso_register"]


@pytest.fixture(scope="module")
def table(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return wiring(pytestconfig.getoption("ansible_inventory"), tmp_path_factory.mktemp("wiring"))


@pytest.fixture(scope="module")
def synapse(host: Host) -> dict[str, Any]:
    """Return what the program prints, and methods with patterns of main and of a worker."""
    python = host.check_output("ls -d /opt/synapse/*/bin/python")
    done = host.run("cd / && runuser -u matrix-synapse -- %s -c %s", python, PRINT)
    assert done.succeeded, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def ask_all(host: Host) -> Any:
    """Return a function that sends requests to processes and returns status and text of each answer."""

    def ask(requests: list[list[Any]]) -> list[list[Any]]:
        text = json.dumps(requests)
        done = host.run("python3 -c %s <<'END'\n" + text.replace("%", "%%") + "\nEND", ASK)
        assert done.succeeded, done.stderr
        found: list[list[Any]] = json.loads(done.stdout)
        return found

    return ask


def servers(table: dict[str, Any], kind: str) -> list[tuple[str, int]]:
    (found,) = (backend["servers"] for backend in table["haproxy_edge_backends"] if backend["name"] == kind)
    return [(server["address"], server["port"]) for server in found]


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
