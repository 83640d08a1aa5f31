"""HAProxy understands what the probe says."""

from __future__ import annotations

import json

from testinfra.host import Host
from testkit import wait

testinfra_hosts = ["ansible://chat"]

SECONDS = 30
HAPROXY = """
global
    stats socket /run/health-twin.sock
defaults
    timeout connect 2s
    timeout client 2s
    timeout server 2s
backend twin
    default-server agent-check agent-inter 1s agent-port 8070
    server host {address}:9
    server generic1 {address}:9 agent-send "generic1\\n"
"""
STATE = """
import csv, io, json, socket
session = socket.socket(socket.AF_UNIX)
session.connect('/run/health-twin.sock')
session.sendall(b'show stat\\n')
rows = csv.DictReader(io.StringIO(session.makefile().read().lstrip('# ')))
print(json.dumps({row['svname']: [row['status'], row['last_agt']] for row in rows if row['svname'] != 'BACKEND'}))
"""


def test_haproxy_itself_takes_the_answers_with_their_reasons(host: Host) -> None:
    text = HAPROXY.format(address=host.ansible.get_variables()["ansible_host"])
    host.check_output("printf %%s %s > /run/health-twin.cfg", text)
    host.check_output("haproxy -D -f /run/health-twin.cfg -p /run/health-twin.pid")

    def state() -> dict[str, list[str]]:
        answer: dict[str, list[str]] = json.loads(host.check_output("python3 -c %s", STATE))
        return answer

    def down() -> int:
        return sum(status.startswith("DOWN") for status, _said in state().values())

    try:
        wait.until(lambda: [said for _, said in state().values()].count("via agent : up") == 2, what="two answers")
        assert down() == 0
        host.check_output("systemctl stop haproxy.service")
        wait.until(lambda: down() == 2, what="both servers going down", seconds=SECONDS)
        assert "database: " in state()["generic1"][1]
        host.check_output("systemctl start haproxy.service")
        wait.until(lambda: down() == 0, what="both servers coming up", seconds=SECONDS)
    finally:
        host.run("systemctl start haproxy.service; kill $(cat /run/health-twin.pid)")
