"""Whoever holds a session with a server that no longer serves loses it soon, and comes to the one that does."""

from __future__ import annotations

import pytest
import testinfra
from testinfra.host import Host
from testkit import leaders, nodes, postgresql, wait
from testkit.listeners import PORTS, address_seen, in_use, servers, talk_to_redis, up

testinfra_hosts = ["ansible://chat"]


def member(config: pytest.Config, name: str) -> Host:
    return testinfra.get_host(
        f"ansible://{name}", ansible_inventory=config.getoption("ansible_inventory"), sudo=config.getoption("sudo")
    )


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
    # Sentinels may have made another primary meanwhile.
    leaders.of_cache(nodes.of(pytestconfig, "redis"))


@pytest.mark.fault
def test_sessions_from_before_a_reload_are_cut_when_their_server_s_machine_is_lost(
    host: Host, place: dict[str, str]
) -> None:
    held(host, "redis_primary")
    (name,) = in_use(host, "redis_primary")
    if name == nodes.name(host):
        host.check_output("systemctl stop held-session")
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
