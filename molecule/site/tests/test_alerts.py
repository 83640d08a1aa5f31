"""A process of each tier is killed: its alert comes within two minutes, and goes when the process is back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from testinfra.host import Host
from testkit import leaders, nodes, playbook, wait

# What the operator is promised, in seconds.
TOLD_WITHIN = 120
RESOLVED_WITHIN = 300
UNIT_DOWN = "HostUnitDown"
# Tier, unit, the alert that tells of it, and what the row of verify's table begins with that does.
KILLED = [
    ("etcd", "etcd.service", "EtcdMemberDown", "consensus member"),
    ("postgresql", "patroni.service", "PostgresqlMemberDown", "database member"),
    ("redis", "redis-server.service", "RedisMemberDown", "cache member"),
    ("redis", "redis-sentinel.service", "SentinelDown", "cache Sentinel"),
    ("rabbitmq", "rabbitmq-server.service", "RabbitmqMemberDown", "queue member"),
    ("chat", "synapse-worker@*.service", "ChatProcessDown", "chat process {}"),
    ("chat", "privatechat-health.service", UNIT_DOWN, "health of host"),
    ("edge", "haproxy.service", "HaproxyDown", "balancer"),
    ("edge", "keepalived.service", UNIT_DOWN, "floating address +keepalived is"),
    ("monitoring", "privatechat-probe.service", "ChatProbeSilent", "chat probe"),
]
ASK = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9293/api/v2/alerts').read().decode())"
# Its name, its host, and of a unit that does not run which one.
Alert = tuple[str, str, str]


@dataclass(frozen=True)
class Victim:
    """A process that is killed, with the alert and the finding that shall tell of it."""

    host: Host
    unit: str
    alert: Alert
    row: str


@pytest.fixture(scope="module", autouse=True)
def somebody_takes_over(topology: dict[str, Any]) -> None:
    """Leave inventories alone in which the loss of one member is the loss of all, the one that would tell included."""
    alone = [tier for tier, *_ in KILLED[:-1] if len(topology["tiers"][tier]["members"]) < 2]
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
def victims(pytestconfig: pytest.Config) -> list[Victim]:
    """Return a process of each tier, on the last host of its group."""
    found = []
    for tier, pattern, alert, row in KILLED:
        host = nodes.of(pytestconfig, tier)[-1]
        name = nodes.name(host)
        unit = host.check_output("systemctl list-units --plain --no-legend %s | cut -d' ' -f1 | head -n 1", pattern)
        process = unit.partition("@")[2].removesuffix(".service")
        found.append(Victim(host, unit, about(alert, name, unit), rf"BAD +{name} +{row.format(process)}\b"))
    return found


@pytest.fixture
def killed(victims: list[Victim], monitor: Host) -> Iterator[list[Victim]]:
    """Kill them all; start them again in the end."""
    expected = {victim.alert for victim in victims}
    wait.until(lambda: not expected & told(monitor), what="a platform that lacks nothing", seconds=RESOLVED_WITHIN)
    try:
        for victim in victims:
            nodes.kill(victim.host, victim.unit)
        yield victims
    finally:
        for victim in victims:
            nodes.start([victim.host], victim.unit)
        for victim in victims:
            wait.service_runs(victim.host, victim.unit, seconds=120)


def test_each_loss_is_told_within_two_minutes_and_found_by_verify(
    killed: list[Victim], monitor: Host, pytestconfig: pytest.Config
) -> None:
    alerts = {victim.alert for victim in killed}
    wait.until(lambda: alerts <= told(monitor), what=f"alerts of {sorted(alerts)}", seconds=TOLD_WITHIN, pause=2)
    assert alerts <= told(monitor), "an alert has gone before its reason"
    verify = playbook.play("verify", pytestconfig.getoption("ansible_inventory"))
    assert verify.status != 0
    assert [victim.row for victim in killed if not re.search(victim.row, verify.output)] == [], verify.output


def test_each_alert_goes_when_the_process_is_back(
    victims: list[Victim], monitor: Host, pytestconfig: pytest.Config
) -> None:
    gone = {victim.alert for victim in victims}
    wait.until(lambda: not gone & told(monitor), what="the alerts resolved", seconds=RESOLVED_WITHIN, pause=5)
    assert leaders.of_database(nodes.of(pytestconfig, "postgresql"))
    assert leaders.of_cache(nodes.of(pytestconfig, "redis"))
