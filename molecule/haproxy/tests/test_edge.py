"""The public address leads to the chat service and to nothing else."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host

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
        "/_matrix/client/v3/admin/whois/@a:example.com",
        "/_matrix/client/api/v1/admin/whois/@a:example.com",
        "/_matrix/client/unstable/uk.timedout.msc4323/admin/suspend/@a:example.com",
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


def test_no_secret_is_readable_for_others(host: Host) -> None:
    secrets = host.file("/etc/haproxy/conf.d/05-secrets.cfg")
    password = secrets.content_string.split("'")[1]
    assert (secrets.user, secrets.mode) == ("root", 0o600)
    assert len(password) >= 16
    assert password not in host.check_output("cat /etc/haproxy/conf.d/[1234]*.cfg /proc/[0-9]*/cmdline")
