"""The chat server from outside: who may do what, and what goes on when a process dies."""

from __future__ import annotations

import json
from typing import Any

import pytest
from testinfra.host import Host
from testkit import wait

testinfra_hosts = ["ansible://chat"]

MAIN, WORKER = "synapse-main.service", "synapse-worker@generic1.service"
REQUEST = """
import json, sys, urllib.error, urllib.request as u
method, url, token, body = sys.argv[1:]
headers = {'Content-Type': 'application/json', **({'Authorization': 'Bearer ' + token} if token else {})}
try:
    answer = u.urlopen(u.Request(url, body.encode() or None, headers, method=method), timeout=30)
except u.HTTPError as problem:
    answer = problem
print(json.dumps({'status': answer.status, 'body': json.loads(answer.read() or b'{}')}))
"""


class Chat:
    """A client that speaks to one process of the server, on the node itself."""

    def __init__(self, host: Host, port: int) -> None:
        variables = host.ansible.get_variables()
        self.host, self.url = host, f"http://{variables['ansible_host']}:{port}"
        self.domain = variables["platform_chat_domain"]
        self.secrets = {name: text for name, text in variables.items() if name.startswith("platform_secret_")}
        self.token = ""

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Return status and answer of a request."""
        text = "" if body is None else json.dumps(body)
        done = self.host.run("python3 -c %s %s %s %s %s", REQUEST, method, self.url + path, self.token, text)
        assert done.succeeded, done.stderr
        answer = json.loads(done.stdout)
        return answer["status"], answer["body"]

    def log_in(self, name: str, password: str) -> int:
        """Log in and keep the token; return the status."""
        user = {"type": "m.id.user", "user": name}
        login = {"type": "m.login.password", "identifier": user, "password": password}
        status, answer = self.ask("POST", "/_matrix/client/v3/login", login)
        self.token = answer.get("access_token", "")
        return status


@pytest.fixture
def main(host: Host) -> Chat:
    return Chat(host, 8080)


@pytest.fixture
def worker(host: Host) -> Chat:
    return Chat(host, 8081)


def test_the_administrator_s_account_administers(main: Chat) -> None:
    assert main.log_in("admin", main.secrets["platform_secret_admin_password"]) == 200
    status, users = main.ask("GET", "/_synapse/admin/v2/users?from=0&limit=10")
    assert status == 200
    assert {user["name"] for user in users["users"]} >= {f"@admin:{main.domain}", f"@verify-alice:{main.domain}"}


def test_other_accounts_do_not(main: Chat) -> None:
    assert main.log_in("verify-alice", main.secrets["platform_secret_verify_alice_password"]) == 200
    assert main.ask("GET", "/_synapse/admin/v2/users")[0] == 403


def test_a_wrong_password_is_refused(worker: Chat) -> None:
    assert worker.log_in("verify-alice", "wrong") == 403


def test_nobody_registers_alone_or_with_a_wrong_secret(main: Chat) -> None:
    assert main.ask("POST", "/_matrix/client/v3/register", {"username": "mallory", "password": "x"})[0] in (401, 403)
    nonce = main.ask("GET", "/_synapse/admin/v1/register")[1]["nonce"]
    forged = {"nonce": nonce, "username": "mallory", "password": "x", "admin": True, "mac": "00" * 20}
    assert main.ask("POST", "/_synapse/admin/v1/register", forged)[0] == 403


def test_people_talk_on_while_main_is_away(host: Host, worker: Chat) -> None:
    assert worker.log_in("verify-alice", worker.secrets["platform_secret_verify_alice_password"]) == 200
    room = worker.ask("POST", "/_matrix/client/v3/createRoom", {})[1]["room_id"]
    host.check_output("systemctl stop %s", MAIN)
    try:
        message = {"msgtype": "m.text", "body": "main is away"}
        status, sent = worker.ask("PUT", f"/_matrix/client/v3/rooms/{room}/send/m.room.message/1", message)
        assert status == 200, sent
        status, synced = worker.ask("GET", "/_matrix/client/v3/sync?timeout=0")
        assert status == 200
        timeline = synced["rooms"]["join"][room]["timeline"]["events"]
        assert "main is away" in [event["content"].get("body") for event in timeline]
    finally:
        host.check_output("systemctl start %s", MAIN)


@pytest.mark.parametrize(("unit", "port"), [(MAIN, 8080), (WORKER, 8081)])
def test_a_killed_process_comes_back(host: Host, unit: str, port: int) -> None:
    def process() -> str:
        return host.check_output("systemctl show --property=MainPID --value %s", unit)

    before = process()
    host.check_output("systemctl kill --signal=KILL %s", unit)
    wait.until(lambda: process() not in (before, "0"), what=f"a new process of {unit}")
    wait.service_runs(host, unit)
    assert Chat(host, port).ask("GET", "/_matrix/client/versions")[0] == 200


def test_a_broken_configuration_is_refused_and_the_present_one_stays(host: Host) -> None:
    python = host.check_output("ls -d /opt/synapse/*/bin/python")
    host.check_output("rm -rf /tmp/broken && mkdir -p /tmp/broken/etc && cp -r /etc/matrix-synapse /tmp/broken/etc/")
    good = host.run("sh /opt/synapse/check_configuration /tmp/broken %s", python)
    assert good.succeeded, good.stderr
    host.check_output("echo 'max_upload_size: [' >> /tmp/broken/etc/matrix-synapse/homeserver.yaml")
    refused = host.run("sh /opt/synapse/check_configuration /tmp/broken %s", python)
    assert refused.failed
    assert "homeserver.yaml" in refused.stdout + refused.stderr
    host.check_output("rm -rf /tmp/broken")


@pytest.mark.parametrize("unit", [MAIN, WORKER])
def test_processes_may_do_little(host: Host, unit: str) -> None:
    number = host.check_output("systemctl show --property=MainPID --value %s", unit)
    assert host.check_output("ps -o user= -p %s", number).strip() == "matrix-synapse"
    inside = f"nsenter --target {number} --mount --setuid 0 --"
    assert host.run(f"{inside} touch /etc/matrix-synapse/x").failed
    assert host.run(f"{inside} touch /var/lib/matrix-synapse/x").succeeded
    host.check_output("rm -f /var/lib/matrix-synapse/x")
    exposure = host.check_output("systemd-analyze security --no-pager %s", unit).splitlines()[-1]
    assert float(exposure.split(":")[1].split()[0]) < 2.5, exposure


def test_others_read_no_secret(host: Host) -> None:
    assert host.run("sudo -u nobody ls /etc/matrix-synapse/secrets").failed
    everything = host.check_output("cat /etc/matrix-synapse/homeserver.yaml /etc/matrix-synapse/workers/*.yaml")
    for name, text in Chat(host, 8080).secrets.items():
        assert str(text).strip() not in everything, name
