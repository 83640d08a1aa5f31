"""Exporters show a password to the servers that are theirs, and to nobody else; each runs confined."""

from __future__ import annotations

from typing import Any

import pytest
from testinfra.host import Host
from testkit.metrics import Ask
from testkit.playbook import given, play

testinfra_hosts = ["ansible://node1"]

REDIS, SENTINEL = 6379, 26379
PASSWORDS = "/etc/privatechat-exporters/redis-passwords.json"
UNITS = [
    "prometheus-node-exporter.service",
    "prometheus-postgres-exporter.service",
    "prometheus-redis-exporter.service",
    "privatechat-certificates.service",
    "privatechat-packages.service",
]


def test_a_server_that_is_no_target_is_asked_without_a_password(topology: dict[str, Any], ask: Ask) -> None:
    other = topology["tiers"]["redis"]["members"][1]["name"]
    for port in (REDIS, SENTINEL):
        assert ask("node1", "redis", of=port).value("redis_up") == 1
        page = ask("node1", "redis", of=port, target=other)
        assert "redis_instance_info" not in page.names
        assert page.of("redis_exporter_last_scrape_error")[0].labels["err"] != ""


def test_redis_refuses_the_exporter_nothing(host: Host, ask: Ask) -> None:
    if host.system_info.codename == "bookworm":
        pytest.skip("Redis and its exporter on Debian 12 do not count what is refused")
    counts = [ask("node1", "redis", of=REDIS).value("redis_acl_access_denied_cmd_total") for _ in range(3)]
    assert len(set(counts)) == 1


def test_the_password_is_for_root_and_the_exporter_alone(host: Host) -> None:
    password = host.ansible.get_variables()["platform_secret_redis_probe_password"]
    assert password in host.file(PASSWORDS).content_string
    assert host.run("runuser -u nobody -- cat %s", PASSWORDS).failed
    assert host.run("runuser -u prometheus -- cat %s", PASSWORDS).failed
    # A pattern in the command would find the command itself.
    host.check_output("umask 077 && printf %%s %s > /root/pattern", password)
    pid = host.check_output("systemctl show --property=MainPID --value prometheus-redis-exporter.service")
    for files in ("/proc/[0-9]*/cmdline", f"/proc/{pid}/environ"):
        assert host.run(f"grep --text --files-with-matches -F -f /root/pattern {files}").stdout == ""
    host.check_output("rm /root/pattern")


def test_the_exporter_of_the_database_needs_no_password_and_reads_no_messages(host: Host) -> None:
    run = "runuser -u {} -- psql --no-psqlrc -At -h /run/postgresql -U prometheus -d {} -c 'SELECT current_user'"
    assert host.check_output(run.format("prometheus", "postgres")) == "prometheus"
    assert host.run(run.format("nobody", "postgres")).failed
    assert host.run(run.format("prometheus", "synapse")).failed


@pytest.mark.parametrize("unit", UNITS)
def test_every_service_is_confined(host: Host, unit: str) -> None:
    judged = host.run("systemd-analyze security --no-pager --threshold=25 %s", unit)
    assert judged.rc == 0, judged.stdout
    assert f"Overall exposure level for {unit}" in judged.stdout


@pytest.mark.parametrize("unit", UNITS)
def test_no_service_complains(host: Host, unit: str) -> None:
    words = host.check_output("journalctl --no-pager --output=cat --since=-5min -u %s", unit)
    bad = [line for line in words.splitlines() if "level=error" in line.lower() or "Traceback" in line]
    # A container has no udev, which is said once; servers that are no targets were asked above. The exporter of Redis
    # on Debian 12 calls the number of its passwords an error, and asks Sentinel, too, for latencies, once.
    known = ("/run/udev", "NOAUTH", "entries from /run/privatechat-redis-exporter", "LOGGED ONCE ONLY: cmd LATENCY")
    assert [line for line in bad if not any(word in line for word in known)] == []


def test_an_exporter_that_is_no_longer_asked_for_is_gone_and_comes_back(
    host: Host, pytestconfig: pytest.Config
) -> None:
    inventory = pytestconfig.getoption("ansible_inventory")
    # The wiring outranks the inventory, and what a command line gives outranks both.
    less = given(exporters_redis_targets=[], exporters_postgresql_enabled=False)
    run = play("topology exporters", inventory, "--limit", "node1", *less)
    assert run.status == 0, run.output
    for unit in UNITS[1:3]:
        assert host.run("systemctl is-active %s", unit).stdout.strip() == "inactive"
        assert host.run("systemctl is-enabled %s", unit).stdout.strip() == "disabled"
    assert not host.file(PASSWORDS).exists
    run = play("topology exporters", inventory, "--limit", "node1")
    assert run.status == 0, run.output
    for unit in UNITS[1:3]:
        assert host.check_output("systemctl is-active %s", unit) == "active"
