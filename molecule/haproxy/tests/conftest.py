"""A client for the public address, and twins of the node's HAProxy whose back ends say what they were asked."""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from render import rendering
from testinfra.host import Host
from testkit import wait

HTTPS, TWIN_HTTPS, AGENT = 443, 8443, 18070
DIRECTORY = "/run/haproxy-twin"
ECHO = (Path(__file__).parent / "echo.py").read_text()
# Other ports, room for one request per server, a short queue, and a loss that is seen soon.
CHANGES = {
    r"/run/haproxy/": f"{DIRECTORY}/",
    r"bind \S+:80\b.*": "bind 127.0.0.1:8880",
    r"bind \S+:8405\b": "bind 127.0.0.1:8406",
    # Pages of the operator's have servers of their own.
    r"    use_backend edge_page_.*\n": "",
    rf"bind \S+:{HTTPS}( v6only)? ssl": f"bind [::]:{TWIN_HTTPS} v4v6 ssl",
    r"maxconn 250\b": "maxconn 1",
    r"timeout queue .*": "timeout queue 1s",
    r"agent-port \d+": f"agent-port {AGENT}",
    r"inter 2s": "inter 500ms",
    r"(?m)^defaults edge .*": r"\g<0>\n    http-response set-header X-Twin-Backend %[be_name]",
}


class Answer:
    """What the edge said: status, headers in lower case, body."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status = answer.status
        self.headers = {name.lower(): value for name, value in answer.getheaders()}
        self.body = answer.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def kind(self) -> str:
        """The back end that a twin chose."""
        return self.headers["x-twin-backend"].removeprefix("edge_")


Ask = Callable[..., Answer]


class Twin:
    """A second HAProxy on the node, in front of servers that are told whether they live and are fit."""

    def __init__(self, host: Host, files: dict[str, str]) -> None:
        self.host, self.port = host, TWIN_HTTPS
        self.names: list[str] = []
        host.check_output(f"rm -rf {DIRECTORY} && mkdir -p {DIRECTORY}/conf.d")
        self.tell()
        self._write("echo.py", ECHO)
        for name, text in files.items():
            self._write(f"conf.d/{name}", self._changed(text) if name.endswith(".cfg") else text)

    def _write(self, name: str, text: str) -> None:
        self.host.check_output(f"cat > {DIRECTORY}/{name} <<'END_OF_FILE'\n{text}\nEND_OF_FILE")

    def _changed(self, text: str) -> str:
        for pattern, replacement in CHANGES.items():
            text = re.sub(pattern, replacement, text)

        def local(found: re.Match[str]) -> str:
            name = found[1].removesuffix("-alone")
            self.names += [] if name in self.names else [name]
            # Two binds of one address, of IPv4 and IPv6, have become the same one.
            return f"server {found[1]} 127.0.0.1:{18100 + self.names.index(name)}"

        text = re.sub(r"server (\S+) \S+:\d+", local, text)
        return re.sub(r"(?m)^(    bind .*\n)(?:    bind .*\n)+", r"\1", text)

    def start(self) -> None:
        """Run the servers and the balancer."""
        self.stop()
        names = " ".join(self.names)
        for unit, command in {
            "twin-echo": f"/usr/bin/python3 {DIRECTORY}/echo.py {DIRECTORY} {AGENT} {names}",
            "twin-haproxy": f"/usr/sbin/haproxy -W -f {DIRECTORY}/conf.d",
        }.items():
            self.host.check_output(f"systemd-run --collect --unit={unit} {command}")
            wait.port_answers(self.host, "127.0.0.1", AGENT if unit == "twin-echo" else TWIN_HTTPS)

    def stop(self) -> None:
        """End both."""
        self.host.run("systemctl stop twin-haproxy twin-echo")

    def tell(self, *, dead: str = "", unfit: str = "") -> None:
        """Say which servers answer no check, and which the health service calls unfit."""
        self.host.check_output(f"echo '{dead}' > {DIRECTORY}/dead; echo '{unfit}' > {DIRECTORY}/unfit")


@pytest.fixture
def public_name(host: Host) -> str:
    return str(host.ansible.get_variables()["platform_public_name"])


@pytest.fixture
def address(host: Host) -> str:
    return str(host.ansible.get_variables()["ansible_host"])


@pytest.fixture
def tls(host: Host) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=host.file("/etc/privatechat/tls/ca.pem").content_string)


@pytest.fixture
def ask(address: str, public_name: str, tls: ssl.SSLContext) -> Iterator[Ask]:
    """Return a function that sends one request over verified TLS, or plainly to port 80."""
    open_ones: dict[int, http.client.HTTPConnection] = {}

    def connect(port: int) -> http.client.HTTPConnection:
        raw = socket.create_connection((address, port), timeout=30)
        connection = http.client.HTTPConnection(public_name, port)
        connection.sock = raw if port == 80 else tls.wrap_socket(raw, server_hostname=public_name)
        return connection

    def send(
        method: str, path: str, headers: dict[str, str] | None = None, port: int = HTTPS, *, keep: bool = False
    ) -> Answer:
        connection = open_ones.pop(port, None) if keep else None
        connection = connection or connect(port)
        connection.request(method, path, headers=headers or {})
        answer = Answer(connection.getresponse())
        if keep and connection.sock:
            open_ones[port] = connection
        return answer

    yield send
    for connection in open_ones.values():
        connection.close()


@pytest.fixture(scope="module")
def twin(host: Host) -> Iterator[Twin]:
    """Run the node's own configuration a second time."""
    listed = host.check_output("cd /etc/haproxy/conf.d && ls 00-base.cfg 20-* 30-*").split()
    files = {name: host.file(f"/etc/haproxy/conf.d/{name}").content_string for name in listed}
    made = Twin(host, files)
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def spread(host: Host) -> Iterator[Twin]:
    """Run what the role writes for five servers of one kind."""
    written = rendering.written("haproxy", "spread", "13")
    made = Twin(host, {Path(path).name: text for path, text in written.items() if re.search("/(00|20|30)-", path)})
    made.start()
    yield made
    made.stop()


@pytest.fixture
def place(topology: dict[str, Any]) -> dict[str, str]:
    """Return the address of each member of the database."""
    return {member["name"]: member["address"] for member in topology["tiers"]["postgresql"]["members"]}
