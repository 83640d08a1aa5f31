"""The loopback listeners lead to those members of the data tiers that they shall lead to, and only to those."""

from __future__ import annotations

import csv
import io
import re
from functools import partial
from typing import Any

import pytest
import testinfra
from testinfra.host import Host
from testkit import nodes, postgresql, queue, wait

testinfra_hosts = ["ansible://chat"]
PORTS = {"postgresql_primary": 15432, "postgresql_replicas": 15433, "redis_primary": 16379, "rabbitmq": 15670}
PING = "exec 3<>/dev/tcp/127.0.0.1/16379; printf 'PING\\r\\n' >&3; timeout 3 head -c 5 <&3"
FIGURES = """
import http.client, socket, sys
c = http.client.HTTPConnection('x'); c.sock = socket.socket(socket.AF_UNIX); c.sock.connect(sys.argv[1])
c.request('GET', '/stats;csv'); print(c.getresponse().read().decode())
"""


def talk_to_redis(host: Host) -> str:
    """Return the first bytes that Redis answers through the listener."""
    return str(host.run("bash -c %s", PING).stdout)


def servers(host: Host, proxy: str, socket: str = "/run/haproxy/status.sock") -> dict[str, dict[str, str]]:
    """Return HAProxy's figures of the servers behind a listener, by name."""
    table = host.check_output("python3 -c %s %s", FIGURES, socket)
    rows = list(csv.DictReader(io.StringIO(table.lstrip("# "))))
    ends = ("FRONTEND", "BACKEND")
    return {row["svname"]: row for row in rows if row["pxname"] == proxy and row["svname"] not in ends}


def in_use(host: Host, proxy: str) -> list[str]:
    """Return the servers that hold sessions of a listener."""
    return [name for name, row in servers(host, proxy).items() if int(row["scur"])]


def up(host: Host, proxy: str, socket: str = "/run/haproxy/status.sock") -> set[str]:
    return {name for name, row in servers(host, proxy, socket).items() if row["status"].startswith("UP")}


def member(config: pytest.Config, name: str) -> Host:
    return testinfra.get_host(
        f"ansible://{name}", ansible_inventory=config.getoption("ansible_inventory"), sudo=config.getoption("sudo")
    )


def address_seen(host: Host, port: int) -> str:
    """Return the address of the database server that a listener leads to."""
    password = host.ansible.get_variables()["platform_secret_synapse_database_password"]
    service = f"host={postgresql.SERVICE} hostaddr=127.0.0.1 port={port} {postgresql.TLS}"
    target = f"{service} user=synapse dbname=synapse connect_timeout=5"
    query = "SELECT host(inet_server_addr())"
    return host.check_output("PGPASSWORD=%s psql --no-psqlrc -At -c %s %s", password, query, target)


@pytest.mark.parametrize("listener", ["postgresql_primary", "postgresql_replicas"])
def test_the_database_s_listeners_pass_tls_through(host: Host, listener: str) -> None:
    check = (
        f"openssl s_client -starttls postgres -connect 127.0.0.1:{PORTS[listener]} -CAfile /etc/privatechat/tls/ca.pem"
        " -verify_hostname postgresql.privatechat.internal -verify_return_error </dev/null"
    )
    assert "Verify return code: 0 (ok)" in host.check_output(check)


def test_the_redis_listener_speaks_plainly_to_clients_and_asks_for_a_password(host: Host) -> None:
    assert talk_to_redis(host) in ("-NOAU", "+PONG")


def test_the_queue_s_listener_carries_messages(host: Host) -> None:
    queue.prepare(host)
    through = partial(queue.amqp, host, address="127.0.0.1", port=PORTS["rabbitmq"])
    for words in (("declare", "a"), ("publish", "a", "word")):
        done = through(*words)
        assert done.succeeded, done.stderr
    assert through("receive", "a").stdout.split() == ["word"]
    assert through("delete", "a").succeeded


def test_listeners_are_not_reachable_from_other_hosts(host: Host) -> None:
    listening = host.check_output("ss -Hltn")
    for port in PORTS.values():
        assert re.findall(rf"\S+:{port}\b", listening) == [f"127.0.0.1:{port}"]


@pytest.fixture
def place(topology: dict[str, Any]) -> dict[str, str]:
    """Return the address of each member of the database."""
    return {member["name"]: member["address"] for member in topology["tiers"]["postgresql"]["members"]}


def test_replicas_are_read_and_the_primary_only_where_there_is_none(host: Host, place: dict[str, str]) -> None:
    def replicas() -> set[str]:
        return {name for name in up(host, "postgresql_replicas") if not name.endswith("-spare")}

    (primary,) = up(host, "postgresql_primary")
    # One that has just become a replica is offered once it keeps up.
    wait.until(lambda: replicas() == set(place) - {primary}, what="every other member being offered to readers")
    assert address_seen(host, PORTS["postgresql_primary"]) == place[primary]
    seen = {address_seen(host, PORTS["postgresql_replicas"]) for _ in range(6)}
    assert seen == {place[name] for name in set(place) - {primary} or {primary}}


def held(host: Host, listener: str) -> None:
    """Open a session through a listener that rests until it is cut."""
    talk = f"exec 3<>/dev/tcp/127.0.0.1/{PORTS[listener]}; cat <&3; true"
    host.run("systemctl stop held-session")
    host.check_output("systemd-run --collect --unit=held-session bash -c %s", talk)
    wait.until(lambda: in_use(host, listener), what="the session being open")


def test_sessions_of_a_former_primary_are_cut(host: Host, place: dict[str, str], pytestconfig: pytest.Config) -> None:
    (before,) = up(host, "postgresql_primary")
    if len(servers(host, "postgresql_primary")) == 1:
        pytest.skip("a database of one member has no other one to hand over to")
    postgresql.in_step(nodes.of(pytestconfig, "postgresql"))
    held(host, "postgresql_primary")
    assert in_use(host, "postgresql_primary") == [before]
    member(pytestconfig, before).check_output("patronictl switchover --force")
    wait.until(lambda: host.run("systemctl is-active held-session").rc != 0, what="the session being cut")
    (after,) = wait.until(lambda: up(host, "postgresql_primary") - {before}, what="a new primary")
    assert address_seen(host, PORTS["postgresql_primary"]) == place[after]
    wait.until(lambda: before in up(host, "postgresql_replicas"), what="the former primary serving as a replica")


@pytest.mark.fault
def test_sessions_of_a_lost_redis_are_cut(host: Host, pytestconfig: pytest.Config) -> None:
    held(host, "redis_primary")
    (name,) = in_use(host, "redis_primary")
    lost = member(pytestconfig, name)
    try:
        lost.check_output("systemctl stop redis-server")
        wait.until(lambda: name not in up(host, "redis_primary"), what="the listener seeing the loss")
        wait.until(lambda: host.run("systemctl is-active held-session").rc != 0, what="the session being cut")
    finally:
        lost.check_output("systemctl start redis-server")
    assert wait.until(lambda: talk_to_redis(host), what="Redis answering through the listener") in ("-NOAU", "+PONG")


@pytest.mark.fault
def test_sessions_from_before_a_reload_are_cut_when_their_server_s_machine_is_lost(
    host: Host, place: dict[str, str]
) -> None:
    held(host, "redis_primary")
    (name,) = in_use(host, "redis_primary")
    if name == nodes.name(host):
        pytest.skip("a machine is not lost to itself")
    host.check_output("systemctl reload haproxy")
    wait.until(lambda: not in_use(host, "redis_primary"), what="another process listening")
    assert host.run("systemctl is-active held-session").rc == 0
    # Nothing is refused and nothing arrives, as where a cable is out.
    host.check_output("ip route add blackhole %s", place[name])
    try:
        wait.until(lambda: host.run("systemctl is-active held-session").rc != 0, what="the session being cut")
    finally:
        host.check_output("ip route del blackhole %s", place[name])


@pytest.mark.fault
@pytest.mark.parametrize("proxy", PORTS)
def test_a_server_with_another_name_in_its_certificate_gets_no_client(host: Host, proxy: str) -> None:
    twin = "/run/haproxy-name"
    changes = f"s#/run/haproxy/#{twin}/#; s#127.0.0.1:1#127.0.0.1:3#; s#privatechat.internal#other.internal#g"
    host.check_output(
        f"rm -rf {twin}; mkdir {twin}; cp /etc/haproxy/conf.d/[01]*.cfg {twin}; sed -i '{changes}' {twin}/*"
    )
    host.check_output(f"systemd-run --collect --unit=haproxy-name /usr/sbin/haproxy -W -f {twin}")
    try:
        wait.until(lambda: not up(host, proxy, f"{twin}/status.sock"), what="every server being refused", seconds=20)
        seen = [row["last_chk"] for row in servers(host, proxy, f"{twin}/status.sock").values() if row["last_chk"]]
        assert all("SSL" in words for words in seen), seen
    finally:
        host.run(f"systemctl stop haproxy-name; rm -rf {twin}")
