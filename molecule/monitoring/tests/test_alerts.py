"""Somebody is told what people feel and what to do, by e-mail and webhook, when it begins and when it is over."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from testinfra.host import Host
from testkit import nodes, playbook, wait
from testkit.prometheus import Prometheus
from testkit.receivers import Receivers

testinfra_hosts = ["ansible://monitoring"]

SENTENCE = "People wait for the scenario's tea."
RUNBOOK = "docs/runbooks/alerts/scenario.md#"
RULES = "/etc/prometheus/own/rules/scenario.yml"
# Labels of no host, which another alert might silence.
RULE = f"""
groups:
  - name: scenario
    rules:
      - alert: ScenarioNobodyTalks
        expr: sum(privatechat_probe_success) == 0
        labels: {{severity: critical, tier: scenario}}
        annotations: {{summary: Nobody talks., users: {SENTENCE}, runbook: {RUNBOOK}scenarionobodytalks}}
"""
POST = """
import json, sys, urllib.request as u
headers = {'Content-Type': 'application/json'}
u.urlopen(u.Request('http://127.0.0.1:9293/api/v2/alerts', sys.argv[1].encode(), headers), timeout=10)
"""
# A first message waits for others of its kind, a resolution for the next round of its group.
TOLD_SECONDS, RESOLVED_SECONDS = 60, 150


@pytest.fixture
def post(host: Host) -> Callable[..., None]:
    """Return a function that hands an alert to Alertmanager as Prometheus does."""

    def send(name: str, **more: str) -> None:
        labels = {"alertname": name, "severity": "warning", "tier": "scenario", "host": "tea1"}
        words = {"summary": "The kettle is cold", "users": SENTENCE, "runbook": f"{RUNBOOK}{name.lower()}"}
        alert = {"labels": labels, "annotations": words, **more}
        host.check_output("python3 -c %s %s", POST, json.dumps([alert]))

    return send


def test_an_alert_arrives_with_what_people_feel_and_what_to_do(
    host: Host, receivers: Receivers, post: Callable[..., None]
) -> None:
    # Nobody is told again of what an earlier run has left firing.
    name = f"ScenarioTea{host.check_output('date +%s')}"
    post(name)
    mail = receivers.mail(name, "WARNING", seconds=TOLD_SECONDS)
    assert (mail["From"], mail["To"]) == ("platform@example.com", "ops@example.com")
    assert mail["Subject"] == f"WARNING: {name} on tea1"
    for words in ("The kettle is cold", SENTENCE, "in office hours", "tea1", f"{RUNBOOK}{name.lower()}"):
        assert words in mail["text"]
    assert "https://chat.example.com/monitoring/consoles/overview.html" in mail["text"]
    hook = receivers.hook(name, "firing", seconds=TOLD_SECONDS)
    assert hook["path"] == "/alerts/made-up-part-of-the-address"
    assert hook["token"] == "Bearer made-up-webhook-token"
    (told,) = hook["body"]["alerts"]
    assert told["annotations"]["users"] == SENTENCE
    post(name, endsAt=host.check_output("date --utc +%FT%TZ"))
    assert "RESOLVED at " in receivers.mail(name, "RESOLVED", seconds=RESOLVED_SECONDS)["text"]
    receivers.hook(name, "resolved", seconds=RESOLVED_SECONDS)


@pytest.mark.fault
def test_a_mail_server_that_begins_with_tls_gets_alerts(
    host: Host, receivers: Receivers, post: Callable[..., None], pytestconfig: pytest.Config
) -> None:
    inventory = pytestconfig.getoption("ansible_inventory")
    other = playbook.given(monitoring_smtp_port=465)
    try:
        run = playbook.play("topology secrets monitoring", inventory, *other)
        assert run.status == 0, run.output
        name = f"ScenarioCup{host.check_output('date +%s')}"
        post(name)
        assert receivers.mail(name, "WARNING", seconds=TOLD_SECONDS)["Subject"] == f"WARNING: {name} on tea1"
    finally:
        run = playbook.play("topology secrets monitoring", inventory)
    assert run.status == 0, run.output


@pytest.fixture
def rule(host: Host, watcher: Prometheus) -> Iterator[None]:
    """Let Prometheus judge a rule of the scenario's own, without a restart."""

    def count() -> int:
        return sum(group["name"] == "scenario" for group in watcher.api("rules")["groups"])

    process = host.check_output("systemctl show --property=MainPID --value prometheus")
    host.check_output("printf %%s %s > %s && systemctl reload prometheus", RULE, RULES)
    wait.until(lambda: count() == 1, what="the rule being read")
    yield
    host.check_output("rm %s && systemctl reload prometheus", RULES)
    wait.until(lambda: count() == 0, what="the rule being gone")
    assert host.check_output("systemctl show --property=MainPID --value prometheus") == process


@pytest.mark.fault
@pytest.mark.usefixtures("rule")
def test_when_the_public_address_is_gone_somebody_is_told_and_again_when_it_is_back(
    host: Host, watcher: Prometheus, receivers: Receivers, pytestconfig: pytest.Config
) -> None:
    wait.until(lambda: watcher.value("privatechat_probe_success") == 1, what="a message arriving", seconds=120)
    good = watcher.value('privatechat_probe_total{result="success"}')
    edges = nodes.of(pytestconfig, "edge")
    try:
        for edge in edges:
            edge.check_output("systemctl stop haproxy")
        # It need not wait for its next minute.
        host.check_output("systemctl restart privatechat-probe")
        wait.until(lambda: watcher.value("privatechat_probe_success") == 0, what="no message arriving", seconds=90)
        mail = receivers.mail("ScenarioNobodyTalks", "CRITICAL", seconds=TOLD_SECONDS)
        assert SENTENCE in mail["text"]
        assert "act now" in mail["text"]
        assert (watcher.value('privatechat_probe_total{result="failure"}') or 0) >= 1
    finally:
        for edge in edges:
            edge.check_output("systemctl start haproxy")
    wait.until(lambda: watcher.value("privatechat_probe_success") == 1, what="a message arriving", seconds=120)
    assert (good or 0) >= 1
    assert 0 < (watcher.value("privatechat_probe_delivery_seconds") or 0) < 30
    receivers.mail("ScenarioNobodyTalks", "RESOLVED", seconds=RESOLVED_SECONDS)
    log = host.check_output("journalctl --boot --unit privatechat-probe --output=cat --lines=20").splitlines()
    assert [line for line in log if line.startswith("no message arrived: ")]
    assert log[-1] == "a message arrived"
