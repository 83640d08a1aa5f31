"""A client for the public address, and a twin of the node's HAProxy whose back ends say what they were asked."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from testinfra.host import Host
from testkit import wait

TWIN_HTTPS, TWIN_MAIN, TWIN_WORKERS = 8443, 18080, 18081
TWIN = "/run/haproxy-twin"
# The node's own configuration on other ports, with room for one request per server and a short queue.
TWIN_CHANGES = (
    f"s#/run/haproxy/#{TWIN}/#; s#:443 #:{TWIN_HTTPS} #; s#:80 #:8880 #; s#:15432#:25432#; s#:16379#:26379#;"
    f"s#:8080 id#:{TWIN_MAIN} id#; s#:8081 id#:{TWIN_WORKERS} id#;"
    "s#timeout queue .*#timeout queue 1s#; s#maxconn 1000#maxconn 1#"
)
ECHO = """
import http.server, json, sys, time
class Echo(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(3 if 'slow' in self.path else 0)
        body = json.dumps({'name': sys.argv[2], 'path': self.path, 'headers': dict(self.headers)}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)
    do_PUT = do_POST = do_GET
http.server.ThreadingHTTPServer(('', int(sys.argv[1])), Echo).serve_forever()
"""


class Answer:
    """What the edge said: status, headers in lower case, body."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status = answer.status
        self.headers = {name.lower(): value for name, value in answer.getheaders()}
        self.body = answer.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Ask = Callable[..., Answer]


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
def ask(address: str, public_name: str, tls: ssl.SSLContext) -> Ask:
    """Return a function that sends one request over verified TLS, or plainly to port 80."""

    def send(method: str, path: str, headers: dict[str, str] | None = None, port: int = 443) -> Answer:
        raw = socket.create_connection((address, port), timeout=30)
        connection = http.client.HTTPConnection(public_name, port)
        connection.sock = raw if port == 80 else tls.wrap_socket(raw, server_hostname=public_name)
        connection.request(method, path, headers=headers or {})
        return Answer(connection.getresponse())

    return send


@pytest.fixture(scope="module")
def twin(host: Host) -> Iterator[int]:
    """Run the node's configuration a second time in front of echoing servers; return its HTTPS port."""
    host.check_output(f"rm -rf {TWIN} && mkdir -p {TWIN} && cp -r /etc/haproxy/conf.d {TWIN}")
    host.check_output(f"sed -i '{TWIN_CHANGES}' {TWIN}/conf.d/*.cfg")
    host.check_output(f"cat > {TWIN}/echo.py <<'END'\n{ECHO}\nEND")
    commands = {
        "twin-main": f"/usr/bin/python3 {TWIN}/echo.py {TWIN_MAIN} main",
        "twin-workers": f"/usr/bin/python3 {TWIN}/echo.py {TWIN_WORKERS} workers",
        "twin-haproxy": f"/usr/sbin/haproxy -W -f {TWIN}/conf.d",
    }
    for unit, command in commands.items():
        host.run(f"systemctl stop {unit}")
        host.check_output(f"systemd-run --collect --unit={unit} {command}")
    wait.port_answers(host, "127.0.0.1", TWIN_HTTPS)
    yield TWIN_HTTPS
    host.run(f"systemctl stop {' '.join(commands)}; rm -rf {TWIN}")
