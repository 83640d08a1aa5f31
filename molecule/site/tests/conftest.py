"""Where the service is and people to use it, for tests that come from outside like everybody else."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import secrets
import socket
import ssl
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[3]
HTTP, HTTPS = 80, 443
# Asked on a chat host: the port of the main process is not public.
ON_HOST = """
import http.client, json, sys
method, path, address, body = json.loads({call!r})
connection = http.client.HTTPConnection(address, 8080, timeout=60)
connection.request(method, path, body=body)
answer = connection.getresponse()
print(json.dumps([answer.status, dict(answer.getheaders()), answer.read().decode()]))
"""


@dataclass(frozen=True)
class Answer:
    """What a server said: status, headers in lower case, body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Person:
    """An account with a device that is logged in."""

    user_id: str
    password: str
    access_token: str
    device_id: str


@dataclass(frozen=True)
class Service:
    """The deployed service as `.lab/summary.json` describes it."""

    summary: dict[str, Any]

    @property
    def url(self) -> str:
        return str(self.summary["public_url"]).rstrip("/")

    @property
    def name(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def address(self) -> str:
        return str(self.summary["public_address"])

    def tls(self) -> ssl.SSLContext:
        """Return a context that trusts the service's authority and nobody else."""
        return ssl.create_default_context(cafile=ROOT / self.summary["ca_file"])

    def ask(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        port: int = HTTPS,
        *,
        body: bytes | None = None,
        seconds: float = 30,
    ) -> Answer:
        """Send one request to the public address, over verified TLS or plainly to port 80."""
        with socket.create_connection((self.address, port), timeout=seconds) as raw:
            connection = http.client.HTTPConnection(self.name, port)
            connection.sock = raw if port == HTTP else self.tls().wrap_socket(raw, server_hostname=self.name)
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            found = Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
            connection.close()
        return found

    def ask_as(self, person: Person, method: str, path: str, body: Any = None) -> Any:
        """Return what a request of the person brings; raise OSError where no good answer comes in time."""
        headers = {"Authorization": f"Bearer {person.access_token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        try:
            answer = self.ask(method, path, headers, body=data, seconds=15)
        except http.client.HTTPException as problem:
            raise OSError(f"cut off: {problem!r}") from problem
        if answer.status != http.HTTPStatus.OK:
            raise OSError(f"{answer.status} {answer.body[:200]!r}")
        return answer.json

    def ask_inside(self, method: str, path: str, body: Any = None) -> Answer:
        """Send one request from the first chat host to its own main process."""
        address = self.summary["nodes"][self.chat_host()]
        call = json.dumps([method, path, address, None if body is None else json.dumps(body)])
        done = subprocess.run(
            [*self.ssh(address), "python3", "-"],
            input=ON_HOST.format(call=call),
            capture_output=True,
            text=True,
            check=True,
        )
        status, headers, text = json.loads(done.stdout)
        return Answer(status, {k.lower(): v for k, v in headers.items()}, text.encode())

    def chat_host(self) -> str:
        """Return the name of the first host with chat processes."""
        program = ROOT / ".venv/bin/ansible-inventory"
        listed = subprocess.run(
            [program, "-i", ROOT / self.summary["inventory"], "--list"], capture_output=True, check=True, cwd=ROOT
        )
        return str(min(json.loads(listed.stdout)["chat"]["hosts"]))

    def ssh(self, address: str) -> list[str]:
        """Return the beginning of a command that runs on a node."""
        options = [f"UserKnownHostsFile={ROOT}/.lab/known_hosts", "StrictHostKeyChecking=accept-new", "BatchMode=yes"]
        key = str(ROOT / self.summary["ssh_key"])
        arguments = [word for option in options for word in ("-o", option)]
        return ["ssh", "-i", key, *arguments, f"{self.summary['ssh_user']}@{address}"]

    def register(self, name: str) -> Person:
        """Make an account with the shared secret (Synapse's admin API, "Register users")."""
        password = secrets.token_urlsafe(24)
        nonce = self.ask_inside("GET", "/_synapse/admin/v1/register").json["nonce"]
        words = b"\0".join(word.encode() for word in (nonce, name, password, "notadmin"))
        secret = self.summary["registration_shared_secret"].encode()
        mac = hmac.new(secret, words, hashlib.sha1).hexdigest()
        wanted = {"nonce": nonce, "username": name, "password": password, "admin": False, "mac": mac}
        answer = self.ask_inside("POST", "/_synapse/admin/v1/register", wanted)
        assert answer.status == 200, answer.body
        made = answer.json
        return Person(made["user_id"], password, made["access_token"], made["device_id"])


@pytest.fixture(scope="session")
def service() -> Service:
    path = Path(os.environ.get("LAB_SUMMARY", ROOT / ".lab/summary.json"))
    assert path.is_file(), f"{path} is missing; deploy first with `make demo`"
    return Service(json.loads(path.read_text()))


@pytest.fixture(scope="session")
def new_person(service: Service) -> Callable[[], Person]:
    """Return a function that makes one more account."""
    return lambda: service.register(f"test-{secrets.token_hex(6)}")
