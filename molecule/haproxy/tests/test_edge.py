"""The public address leads to the chat service and to nothing else."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from testinfra.host import Host
from testkit import wait

testinfra_hosts = ["ansible://edge"]
Ask = Callable[..., Any]
SYNC = "/_matrix/client/v3/sync"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_tls_is_refused(address: str, public_name: str, tls: ssl.SSLContext, version: ssl.TLSVersion) -> None:
    tls.set_ciphers("ALL:@SECLEVEL=0")
    tls.minimum_version = ssl.TLSVersion.TLSv1
    tls.maximum_version = version
    with socket.create_connection((address, 443), timeout=10) as raw, pytest.raises(ssl.SSLError, match=r"alert|EOF"):
        tls.wrap_socket(raw, server_hostname=public_name)


def test_http_2_is_offered(address: str, public_name: str, tls: ssl.SSLContext) -> None:
    tls.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection((address, 443), timeout=10) as raw:
        assert tls.wrap_socket(raw, server_hostname=public_name).selected_alpn_protocol() == "h2"


def test_plain_http_leads_to_https(ask: Ask, public_name: str) -> None:
    answer = ask("GET", "/_matrix/client/versions?x=1", port=80)
    assert answer.status == 308
    assert answer.headers["location"] == f"https://{public_name}/_matrix/client/versions?x=1"


def test_clients_and_servers_discover_the_service(ask: Ask, public_name: str) -> None:
    client = ask("GET", "/.well-known/matrix/client")
    assert client.json == {"m.homeserver": {"base_url": f"https://{public_name}"}}
    assert client.headers["access-control-allow-origin"] == "*"
    assert client.headers["strict-transport-security"].startswith("max-age=")
    assert ask("GET", "/.well-known/matrix/server").json == {"m.server": f"{public_name}:443"}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/health",
        "/metrics",
        "/_synapse/metrics",
        "/_synapse/admin/v1/server_version",
        "/_synapse/replication/x",
        "//_synapse/admin/v1/users",
        "/_SYNAPSE/admin/v1/users",
        "/_matrix/../_synapse/admin/v1/users",
        "/_matrix/%2e%2E/_synapse/admin/v1/users",
        "/_synapse/client/./../admin/v1/users",
        "/%5fsynapse/admin/v1/users",
    ],
)
def test_nothing_else_is_public(ask: Ask, path: str) -> None:
    answer = ask("GET", path)
    assert (answer.status, answer.json["errcode"]) == (404, "M_UNRECOGNIZED")


def test_preflights_are_answered_at_the_edge(ask: Ask) -> None:
    answer = ask("OPTIONS", SYNC)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD, POST, PUT, DELETE, OPTIONS"
    assert "Authorization" in answer.headers["access-control-allow-headers"]


def test_too_large_a_body_is_refused_before_it_is_sent(ask: Ask) -> None:
    answer = ask("POST", "/_matrix/media/v3/upload", {"Content-Length": str(50 * 1024 * 1024 + 1)})
    assert (answer.status, answer.json["errcode"]) == (413, "M_TOO_LARGE")


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", f"{SYNC}?timeout=0", "workers"),
        ("PUT", "/_matrix/client/v3/rooms/%21a%2Fb:example.com/send/m.room.message/1", "workers"),
        ("POST", "/_matrix/client/v3/logout", "main"),
        ("GET", "/_matrix/client/v3/admin/whois/@a:example.com", "main"),
        ("GET", "/_matrix/client/v3/pushrules/", "workers"),
        ("GET", "/_matrix/federation/v1/version", "workers"),
        ("GET", "/_synapse/client/pick_idp", "main"),
    ],
)
def test_requests_go_to_the_right_process_untouched(ask: Ask, twin: int, method: str, path: str, name: str) -> None:
    answer = ask(method, path, port=twin)
    assert (answer.json["name"], answer.json["path"]) == (name, path)


def test_a_client_cannot_choose_the_address_that_synapse_sees(ask: Ask, twin: int) -> None:
    forged = {"X-Forwarded-For": "192.0.2.66", "Forwarded": "for=192.0.2.66", "X-Real-IP": "192.0.2.66"}
    seen = {name.lower(): value for name, value in ask("GET", SYNC, forged, port=twin).json["headers"].items()}
    assert seen["x-forwarded-proto"] == "https"
    assert "192.0.2.66" not in str(seen)


def test_overload_tells_clients_to_come_back(ask: Ask, twin: int) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ask("GET", f"{SYNC}?slow", port=twin), range(4)))
    busy = [answer for answer in answers if answer.status != 200]
    assert 0 < len(busy) < 4
    assert {(answer.status, answer.json["errcode"]) for answer in busy} == {(429, "M_LIMIT_EXCEEDED")}
    assert busy[0].headers["access-control-allow-origin"] == "*"


def test_main_steps_in_for_the_worker_and_none_left_is_said(host: Host, ask: Ask, twin: int) -> None:
    host.check_output("systemctl stop twin-workers")
    wait.until(lambda: ask("GET", SYNC, port=twin).json.get("name") == "main", what="main stepping in", seconds=15)
    host.check_output("systemctl stop twin-main")
    wait.until(lambda: ask("GET", SYNC, port=twin).status == 503, what="503 without any server", seconds=15)
    assert ask("GET", SYNC, port=twin).json["errcode"] == "M_UNKNOWN"
