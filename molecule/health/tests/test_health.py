"""What a balancer is told while a chat host, what it depends on, or one of its processes cannot do its work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host
from testkit import wait
from testkit.agent import Probe

testinfra_hosts = ["ansible://chat"]

UNIT = "privatechat-health.service"


def test_a_host_that_works_is_up_for_whoever_asks(probe: Probe) -> None:
    probe.assert_up()
    assert [probe.ask(name) for name in ("nobody", "x" * 150, "\0\n%s")] == ["up\n"] * 3
    assert probe.ask() == "up\n", "a client that says nothing"


def test_each_host_leaves_one_row(administer: Callable[[str], str], topology: dict[str, Any]) -> None:
    hosts = {member["name"] for member in topology["tiers"]["chat"]["members"]}
    assert set(administer("SELECT host FROM heartbeats WHERE at > now() - interval '10 s'").split()) == hosts


def test_without_its_listeners_a_host_is_down_and_says_so_once(host: Host, probe: Probe) -> None:
    probe.assert_up()
    since = host.check_output("date +%s")
    host.check_output("systemctl stop haproxy.service")
    try:
        probe.assert_down("publish/subscribe: ")
        # The session to the database is found cut at the next write only.
        line = probe.assert_down("database: ")
        assert "publish/subscribe: " in line
        assert len(line) < 120
    finally:
        host.check_output("systemctl start haproxy.service")
    probe.assert_up()
    log = host.check_output("journalctl -u %s --since=@%s -o cat", UNIT, since).splitlines()
    assert [line.split(":")[0] for line in sorted(log) if line.startswith("database")] == [
        "database is down",
        "database is up",
    ]


def test_a_frozen_bus_is_seen(probe: Probe, members: Callable[[str], list[Host]]) -> None:
    probe.assert_up()
    for member in members("redis"):
        member.check_output("systemctl kill --signal=STOP redis-server.service")
    try:
        probe.assert_down("publish/subscribe: ")
    finally:
        for member in members("redis"):
            member.check_output("systemctl kill --signal=CONT redis-server.service")
    probe.assert_up()


def test_a_database_that_takes_no_writes_is_seen(probe: Probe, administer: Callable[[str], str]) -> None:
    probe.assert_up()
    administer("ALTER ROLE health SET default_transaction_read_only = on")
    try:
        administer("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'health'")
        probe.assert_down("read-only")
    finally:
        administer("ALTER ROLE health RESET default_transaction_read_only")
    probe.assert_up()


@pytest.mark.fault
def test_lost_sessions_are_made_anew_before_anyone_notices(
    host: Host, probe: Probe, administer: Callable[[str], str]
) -> None:
    probe.assert_up()
    started = host.check_output("systemctl show --property=ExecMainPID --value %s", UNIT)
    administer("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'health'")
    fresh = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'health' AND backend_start > now() - interval '9 s'"
    wait.until(lambda: probe.ask("") == "up\n" and int(administer(fresh)) > 0, what="a new session", seconds=8)
    assert host.check_output("systemctl show --property=ExecMainPID --value %s", UNIT) == started


def test_a_process_behind_those_of_another_host_is_down_alone(
    probe: Probe, fake: Callable[[int], None], administer: Callable[[str], str]
) -> None:
    probe.assert_up("", "fake")
    beat = "INSERT INTO heartbeats VALUES ('elsewhere', now() + interval '1 h', '{\"events\": 1000000000}')"
    administer(beat)
    try:
        probe.assert_down("fake: stream events", "fake")
        assert probe.ask("") == "up\n"
        fake(1000000000)
        probe.assert_up("", "fake")
    finally:
        administer("DELETE FROM heartbeats WHERE host = 'elsewhere'")


@pytest.mark.fault
@pytest.mark.usefixtures("fake")
def test_metrics_that_hang_are_a_fault_and_missing_ones_are_not(host: Host, probe: Probe) -> None:
    probe.assert_up("", "fake")
    host.check_output("systemctl kill --signal=STOP fake-metrics.service")
    probe.assert_down("fake: metrics: no answer", "fake")
    assert probe.ask("") == "up\n"
    host.check_output("systemctl kill --signal=KILL fake-metrics.service")
    probe.assert_up("", "fake")


@pytest.mark.parametrize("name", ["platform_secret_health_database_password", "platform_secret_redis_password"])
def test_nobody_else_reads_a_secret(host: Host, name: str) -> None:
    secret = str(host.ansible.get_variables()[name])
    process = host.check_output("systemctl show --property=MainPID --value %s", UNIT)
    shown = f"/proc/{process}/cmdline /etc/privatechat-health/config.json"
    assert host.run(f"cat {shown} | grep -qF %s", secret).rc == 1
    assert host.run("journalctl -u %s | grep -qF %s", UNIT, secret).rc == 1
    assert host.run("sudo -u nobody cat /etc/privatechat-health/secrets.env").failed
    assert host.run("sudo -u nobody cat /proc/%s/environ", process).failed


def test_the_probe_may_do_little(host: Host) -> None:
    exposure = host.check_output("systemd-analyze security --no-pager %s", UNIT).splitlines()[-1]
    assert float(exposure.split(":")[1].split()[0]) <= 2.5, exposure
