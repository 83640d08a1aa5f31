"""A process of each tier is killed: its alert comes within two minutes, and goes when the process is back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from testinfra.host import Host
from testkit import leaders, nodes, wait

# What the operator is promised, in seconds.
TOLD_WITHIN = 120
RESOLVED_WITHIN = 300
UNIT_DOWN = "HostUnitDown"
# Tier, unit, the alert that tells of it.
KILLED = [
    ("etcd", "etcd.service", "EtcdMemberDown"),
    ("postgresql", "patroni.service", "PostgresqlMemberDown"),
    ("redis", "redis-server.service", "RedisMemberDown"),
    ("redis", "redis-sentinel.service", "SentinelDown"),
    ("rabbitmq", "rabbitmq-server.service", "RabbitmqMemberDown"),
    ("chat", "synapse-worker@*.service", "ChatProcessDown"),
    ("chat", "privatechat-health.service", UNIT_DOWN),
    ("edge", "haproxy.service", "HaproxyDown"),
    ("edge", "keepalived.service", UNIT_DOWN),
    ("monitoring", "privatechat-probe.service", "ChatProbeSilent"),
]
ASK = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9293/api/v2/alerts').read().decode())"
# Its name, its host, and of a unit that does not run which one.
Alert = tuple[str, str, str]


@pytest.fixture(scope="module", autouse=True)
def somebody_takes_over(topology: dict[str, Any]) -> None:
    """Leave inventories alone in which the loss of one member is the loss of all, the one that would tell included."""
    alone = [tier for tier, _unit, _alert in KILLED[:-1] if len(topology["tiers"][tier]["members"]) < 2]
    if alone or not topology["tiers"]["monitoring"]["members"]:
        pytest.skip(f"nobody takes over in tiers of one member: {', '.join(sorted(set(alone)))}")


@pytest.fixture
def monitor(pytestconfig: pytest.Config) -> Host:
    return nodes.of(pytestconfig, "monitoring")[0]


def told(monitor: Host) -> set[Alert]:
    """Return the alerts that have come to Alertmanager and have not been resolved."""
    labels = [alert["labels"] for alert in json.loads(monitor.check_output("python3 -c %s", ASK))]
    return {about(one["alertname"], one.get("host", ""), one.get("name", "")) for one in labels}


def about(alert: str, host: str, unit: str) -> Alert:
    """Return what an alert is known by: several units of one host may be down."""
    return alert, host, unit if alert == UNIT_DOWN else ""


@pytest.fixture(scope="module")
def victims(pytestconfig: pytest.Config) -> list[tuple[Host, str, Alert]]:
    """Return a process of each tier, on the last host of its group, with the alert that shall tell of it."""
    found = []
    for tier, pattern, alert in KILLED:
        host = nodes.of(pytestconfig, tier)[-1]
        unit = host.check_output("systemctl list-units --plain --no-legend %s | cut -d' ' -f1 | head -n 1", pattern)
        found.append((host, unit, about(alert, nodes.name(host), unit)))
    return found


@pytest.fixture
def killed(victims: list[tuple[Host, str, Alert]], monitor: Host) -> Iterator[set[Alert]]:
    """Kill them all; start them again in the end."""
    expected = {alert for _host, _unit, alert in victims}
    wait.until(lambda: not expected & told(monitor), what="a platform that lacks nothing", seconds=RESOLVED_WITHIN)
    try:
        for host, unit, _alert in victims:
            nodes.kill(host, unit)
        yield expected
    finally:
        for host, unit, _alert in victims:
            nodes.start([host], unit)
        for host, unit, _alert in victims:
            wait.service_runs(host, unit, seconds=120)


def test_each_loss_is_told_within_two_minutes(killed: set[Alert], monitor: Host) -> None:
    wait.until(lambda: killed <= told(monitor), what=f"alerts of {sorted(killed)}", seconds=TOLD_WITHIN, pause=2)
    assert killed <= told(monitor), "an alert has gone before its reason"


def test_each_alert_goes_when_the_process_is_back(
    victims: list[tuple[Host, str, Alert]], monitor: Host, pytestconfig: pytest.Config
) -> None:
    gone = {alert for _host, _unit, alert in victims}
    wait.until(lambda: not gone & told(monitor), what="the alerts resolved", seconds=RESOLVED_WITHIN, pause=5)
    assert leaders.of_database(nodes.of(pytestconfig, "postgresql"))
    assert leaders.of_cache(nodes.of(pytestconfig, "redis"))
