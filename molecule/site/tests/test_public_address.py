"""What the world can reach of the deployed service, and what it cannot."""

from __future__ import annotations

import socket
import ssl
from typing import Any

import pytest

PREFLIGHT = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "GET"}


def test_the_certificate_holds_for_the_public_name_only(service: Any) -> None:
    with socket.create_connection((service.address, 443), timeout=10) as raw:
        assert service.tls().wrap_socket(raw, server_hostname=service.name).version() in ("TLSv1.2", "TLSv1.3")
    with socket.create_connection((service.address, 443), timeout=10) as raw, pytest.raises(ssl.SSLError):
        service.tls().wrap_socket(raw, server_hostname="other.example.net")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_tls_1_1_is_refused(service: Any) -> None:
    context = service.tls()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection((service.address, 443), timeout=10) as raw, pytest.raises(ssl.SSLError):
        context.wrap_socket(raw, server_hostname=service.name)


def test_plain_http_only_leads_to_https(service: Any) -> None:
    answer = service.ask("GET", "/_matrix/client/versions", port=80)
    assert (answer.status, answer.headers["location"]) == (308, f"{service.url}/_matrix/client/versions")


def test_clients_and_other_servers_discover_the_service(service: Any) -> None:
    client = service.ask("GET", "/.well-known/matrix/client").json
    assert client["m.homeserver"]["base_url"].rstrip("/") == service.url
    assert service.ask("GET", "/.well-known/matrix/server").json == {"m.server": f"{service.name}:443"}
    assert "v1.11" in service.ask("GET", "/_matrix/client/versions").json["versions"]


def test_other_servers_get_the_key_of_the_chat_domain(service: Any) -> None:
    assert service.ask("GET", "/_matrix/key/v2/server").json["server_name"] == service.summary["chat_domain"]


@pytest.mark.parametrize(
    "path", ["/_synapse/admin/v1/register", "/_synapse/admin/v1/server_version", "/health", "/_synapse/metrics"]
)
def test_administration_is_there_and_not_public(service: Any, path: str) -> None:
    assert service.ask("GET", path).status == 404
    if not path.endswith("metrics"):
        assert service.ask_inside("GET", path).status in (200, 401)


@pytest.mark.parametrize("path", ["/", "/_synapse/replication/", "/_matrix/../_synapse/admin/v1/register", "/x"])
def test_unknown_paths_lead_nowhere(service: Any, path: str) -> None:
    assert service.ask("GET", path).json["errcode"] == "M_UNRECOGNIZED"


@pytest.mark.parametrize("path", ["/_matrix/client/v3/sync", "/_matrix/media/v3/upload", "/_synapse/client/x"])
def test_the_edge_answers_preflights_like_the_chat_server(service: Any, path: str) -> None:
    edge, synapse = service.ask("OPTIONS", path, PREFLIGHT), service.ask_inside("OPTIONS", path)
    names = [name for name in {**edge.headers, **synapse.headers} if name.startswith("access-control-")]
    assert (edge.status, edge.body) == (synapse.status, synapse.body)
    assert {name: edge.headers.get(name) for name in names} == {name: synapse.headers.get(name) for name in names}


@pytest.mark.parametrize("port", [2379, 5432, 6379, 8008, 15432, 16379])
def test_the_data_tiers_give_nothing_to_strangers(service: Any, port: int) -> None:
    try:
        with socket.create_connection((service.address, port), timeout=3) as raw:
            raw.settimeout(3)
            raw.sendall(b"PING\r\n\r\n")
            said = raw.recv(64)
    except OSError:
        said = b""
    assert b"PONG" not in said
    assert b"200 OK" not in said
