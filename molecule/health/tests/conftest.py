"""The probe as a balancer meets it, the database behind it, and processes whose metrics a test makes up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import testinfra
from testinfra.host import Host
from testkit import wait
from testkit.agent import Probe

CONFIG = "/etc/privatechat-health/config.json"
UNIT = "privatechat-health.service"
FAKE_PORT = 19181
FAKE = """
import http.server, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(open('/run/fake-metrics').read().encode())
http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Page).serve_forever()
"""


@pytest.fixture
def probe(host: Host) -> Probe:
    return Probe(str(host.ansible.get_variables()["ansible_host"]))


@pytest.fixture
def members(pytestconfig: pytest.Config, topology: dict[str, Any]) -> Callable[[str], list[Host]]:
    """Return a function that gives the hosts of a tier."""
    inventory = pytestconfig.getoption("ansible_inventory")

    def of(tier: str) -> list[Host]:
        names = [member["name"] for member in topology["tiers"][tier]["members"]]
        return [testinfra.get_host(f"ansible://{name}", ansible_inventory=inventory, sudo=True) for name in names]

    return of


@pytest.fixture
def administer(members: Callable[[str], list[Host]]) -> Callable[[str], str]:
    """Return a function that runs a statement in the probe's database, as the administrator of the primary."""

    def query(one: Host, text: str) -> str:
        return one.check_output("psql --no-psqlrc -At -U postgres -d health -c %s", text)

    def run(text: str) -> str:
        return query(
            next(one for one in members("postgresql") if query(one, "SELECT pg_is_in_recovery()") == "f"), text
        )

    return run


@pytest.fixture
def fake(host: Host) -> Iterator[Callable[[int], None]]:
    """Add a process `fake` that may lag for 2 seconds; return a function that sets what its metrics say."""

    def say(position: int) -> None:
        label = 'server_name="example.com",stream_name="events"'
        page = f"synapse_storage_stream_current_position{{{label}}} {position}.0"
        host.check_output("echo %s > /run/fake-metrics", page)

    say(1)
    host.check_output("systemd-run --collect --unit=fake-metrics python3 -c %s %s", FAKE, str(FAKE_PORT))
    wait.port_answers(host, "127.0.0.1", FAKE_PORT)
    config = json.loads(host.check_output("cat %s", CONFIG))
    host.check_output("cp -p %s /root/health-config.json", CONFIG)
    config["processes"].append({"name": "fake", "address": "127.0.0.1", "port": FAKE_PORT})
    config["limits"] |= {"lag_seconds": 2, "metrics_interval_seconds": 1}
    host.check_output("echo %s > %s", json.dumps(config), CONFIG)
    host.check_output("systemctl restart %s", UNIT)
    yield say
    host.run("systemctl kill --signal=CONT fake-metrics.service; systemctl stop fake-metrics.service")
    host.check_output("mv /root/health-config.json %s && systemctl restart %s", CONFIG, UNIT)
