"""Prometheus from outside: what it answers whom, what it reads, what it says of the chat probe."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from testinfra.host import Host

from testkit import nodes

NAME, PORT, PATH = "monitoring.privatechat.internal", 9290, "/monitoring"


@dataclass(frozen=True)
class Prometheus:
    """One member's Prometheus, asked over verified TLS."""

    address: str
    authority: str
    user: str
    password: str

    def ask(self, path: str, method: str = "GET", login: tuple[str, str] | None = None) -> tuple[int, str]:
        """Return status and text of an answer; without a login of the caller's own it logs in as it should."""
        user, password = login or (self.user, self.password)
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        headers = {"Authorization": f"Basic {pair}"} if user else {}
        trust = ssl.create_default_context(cadata=self.authority)
        raw = socket.create_connection((self.address, PORT), timeout=10)
        with trust.wrap_socket(raw, server_hostname=NAME) as tls:
            connection = http.client.HTTPConnection(NAME)
            connection.sock = tls
            connection.request(method, PATH + path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def api(self, path: str) -> Any:
        """Return the data of an answer."""
        status, text = self.ask(f"/api/v1/{path}")
        assert status == 200, text
        return json.loads(text)["data"]

    def targets(self) -> list[dict[str, Any]]:
        """Return all that is read."""
        found: list[dict[str, Any]] = self.api("targets?state=active")["activeTargets"]
        return found

    def value(self, expression: str) -> float | None:
        """Return what an expression has for its one value now, None when there is none."""
        found = self.api(f"query?query={quote(expression)}")["result"]
        assert len(found) <= 1, found
        return float(found[0]["value"][1]) if found else None


def of(host: Host) -> Prometheus:
    """Return the Prometheus of a node."""
    password = str(host.ansible.get_variables()["platform_secret_monitoring_password"])
    authority = host.file("/etc/privatechat/tls/ca.pem").content_string
    return Prometheus(nodes.address(host), authority, "operator", password)
