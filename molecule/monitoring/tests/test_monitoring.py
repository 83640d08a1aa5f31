"""Prometheus reads what the topology names and answers whoever has the password; its secrets stay with it."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from testinfra.host import Host
from testkit import nodes, playbook, prometheus, wait
from testkit.prometheus import Prometheus

testinfra_hosts = ["ansible://monitoring"]

UNITS = ["prometheus.service", "prometheus-alertmanager.service", "privatechat-probe.service"]
# Job -> tier whose members have such figures; processes of the chat server are in its plan.
JOBS = {
    "etcd": "etcd",
    "postgresql": "postgresql",
    "patroni": "postgresql",
    "redis": "redis",
    "sentinel": "redis",
    "rabbitmq": "rabbitmq",
}
OWN_JOBS = ["prometheus", "alertmanager", "chat_probe"]
SECRETS = [
    "platform_secret_monitoring_password",
    "platform_secret_probe_sender_password",
    "platform_secret_probe_receiver_password",
    "monitoring_smtp_password",
    "monitoring_webhook_token",
]


def test_whoever_has_the_password_is_let_in_over_verified_tls(watcher: Prometheus) -> None:
    assert watcher.ask("/-/ready")[0] == 200
    assert watcher.ask("/api/v1/status/runtimeinfo")[0] == 200


@pytest.mark.parametrize("login", [("", ""), ("operator", "wrong"), ("somebody", "wrong")])
@pytest.mark.parametrize("path", ["/", "/metrics", "/api/v1/targets", "/consoles/overview.html", "/-/ready"])
def test_nobody_else_is(watcher: Prometheus, path: str, login: tuple[str, str]) -> None:
    assert watcher.ask(path, login=login)[0] == 401


def test_nothing_is_said_without_tls(host: Host) -> None:
    with socket.create_connection((nodes.address(host), prometheus.PORT), timeout=10) as session:
        session.sendall(b"GET /monitoring/metrics HTTP/1.0\r\n\r\n")
        assert session.recv(100).startswith(b"HTTP/1.0 400")


@pytest.mark.parametrize("path", ["/-/reload", "/-/quit", "/api/v1/admin/tsdb/snapshot"])
def test_http_changes_nothing(watcher: Prometheus, path: str) -> None:
    status, text = watcher.ask(path, "POST")
    assert status >= 400
    assert "disabled" in text or "not enabled" in text


def test_only_prometheus_is_reached_from_outside(host: Host) -> None:
    address = nodes.address(host)
    listening = {line.split()[3] for line in host.check_output("ss -Hltn").splitlines()}
    ours = {one for one in listening if one.rpartition(":")[2] in ("9290", "9293", "9294", "9319")}
    assert ours == {f"{address}:9290", "127.0.0.1:9293", "127.0.0.1:9319"}


def test_what_the_topology_names_is_read_and_nothing_else(watcher: Prometheus, topology: dict[str, Any]) -> None:
    seen = [(one["labels"]["job"], one["labels"]["instance"]) for one in watcher.targets()]
    assert len(seen) == len(set(seen))
    members = {tier: [one["name"] for one in found["members"]] for tier, found in topology["tiers"].items()}
    wanted = {(job, name) for job, tier in JOBS.items() for name in members[tier]}
    wanted |= {("node", name) for name in topology["hosts"]}
    wanted |= {("haproxy", name) for name in {*members["chat"], *members["edge"]}}
    wanted |= {(job, name) for job in OWN_JOBS for name in members["monitoring"]}
    assert {one for one in seen if one[0] != "synapse"} == wanted


def test_every_process_of_the_chat_server_is_read(watcher: Prometheus, pytestconfig: pytest.Config) -> None:
    found = {one["labels"]["instance"]: one for one in watcher.targets() if one["labels"]["job"] == "synapse"}
    running = set()
    for chat in nodes.of(pytestconfig, "chat"):
        units = chat.check_output("systemctl list-units --plain --no-legend 'synapse-*.service'").splitlines()
        names = [line.split()[0].removesuffix(".service").rpartition("@")[2] for line in units]
        running |= {f"{nodes.name(chat)}/{name.removeprefix('synapse-')}" for name in names}
    assert set(found) == running
    labels = [(one["labels"]["host"], one["labels"]["process"]) for one in found.values()]
    assert {"/".join(one) for one in labels} == running


@pytest.mark.parametrize("job", [*OWN_JOBS, "patroni", "synapse"])
def test_what_runs_here_is_up(watcher: Prometheus, job: str) -> None:
    def well() -> list[str]:
        found = [one["health"] for one in watcher.targets() if one["labels"]["job"] == job]
        return found if {*found} == {"up"} else []

    assert wait.until(well, what=f"all targets of {job} being up")


def test_exporters_are_told_whom_to_ask(watcher: Prometheus, topology: dict[str, Any]) -> None:
    asked = {one["scrapeUrl"] for one in watcher.targets() if one["labels"]["job"] == "sentinel"}
    addresses = [member["address"] for member in topology["tiers"]["redis"]["members"]]
    wanted = {f"http://{one}:9321/scrape?target=rediss%3A%2F%2F{one}%3A26379" for one in addresses}
    assert asked == wanted


@pytest.mark.parametrize("name", SECRETS)
def test_nobody_else_reads_a_secret(host: Host, name: str) -> None:
    secret = str(host.ansible.get_variables()[name])
    assert host.run("cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -F %s | grep -v 'grep -'", secret).rc == 1
    assert host.run("journalctl --boot --no-pager | grep -F %s | grep -v COMMAND", secret).rc == 1
    assert host.run("runuser -u nobody -- grep -rF %s /etc/prometheus /etc/privatechat-probe", secret).stdout == ""
    for unit in UNITS:
        process = host.check_output("systemctl show --property=MainPID --value %s", unit)
        assert host.run("runuser -u nobody -- cat /proc/%s/environ", process).failed


@pytest.mark.parametrize("unit", UNITS)
def test_a_service_may_do_little(host: Host, unit: str) -> None:
    exposure = host.check_output("systemd-analyze security --no-pager %s", unit).splitlines()[-1]
    assert float(exposure.split(":")[1].split()[0]) <= 2.5, exposure


def test_receivers_that_cannot_be_told_are_refused_before_anything_changes(pytestconfig: pytest.Config) -> None:
    inventory = pytestconfig.getoption("ansible_inventory")
    bad = playbook.given(monitoring_smtp_host="", monitoring_email_from="ops")
    run = playbook.play("topology secrets monitoring", inventory, *bad)
    assert run.status != 0
    assert "monitoring_smtp_host is not set. Set it, or empty" in " ".join(run.output.split())
    assert run.changed == 0
