"""The loopback listeners lead to those members of the data tiers that they shall lead to, and only to those."""

from __future__ import annotations

import re
from functools import partial

import pytest
from testinfra.host import Host
from testkit import queue, wait
from testkit.listeners import PORTS, address_seen, servers, talk_to_redis, up

testinfra_hosts = ["ansible://chat"]


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


def test_replicas_are_read_and_the_primary_only_where_there_is_none(host: Host, place: dict[str, str]) -> None:
    def replicas() -> set[str]:
        return {name for name in up(host, "postgresql_replicas") if not name.endswith("-spare")}

    (primary,) = up(host, "postgresql_primary")
    # One that has just become a replica is offered once it keeps up.
    wait.until(lambda: replicas() == set(place) - {primary}, what="every other member being offered to readers")
    assert address_seen(host, PORTS["postgresql_primary"]) == place[primary]
    seen = {address_seen(host, PORTS["postgresql_replicas"]) for _ in range(6)}
    assert seen == {place[name] for name in set(place) - {primary} or {primary}}


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
