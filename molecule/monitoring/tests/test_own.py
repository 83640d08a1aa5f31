"""Rules and targets of the operator's own are read beside the role's, judged with them, and left where they are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from testinfra.host import Host
from testkit import playbook, wait
from testkit.prometheus import Prometheus

testinfra_hosts = ["ansible://monitoring"]

RULES, TARGETS = "/etc/prometheus/own/rules/scenario-own.yml", "/etc/prometheus/own/targets/scenario-own.yml"
RULE = "groups: [{name: scenario-own, rules: [{record: 'scenario:own', expr: 'vector(1)'}]}]"
# A page of figures that is there anyway.
TARGET = "[{targets: ['127.0.0.1:9319'], labels: {job: scenario-own, host: tea1}}]"


@pytest.fixture
def own(host: Host) -> Iterator[None]:
    for text, path in ((RULE, RULES), (TARGET, TARGETS)):
        # As it is after a log-in to a hardened host.
        host.check_output("umask 027; echo %s > %s", text, path)
    host.check_output("systemctl reload prometheus")
    yield
    host.check_output("rm %s %s && systemctl reload prometheus", RULES, TARGETS)


def known(watcher: Prometheus) -> bool:
    """Tell whether Prometheus has both."""
    groups = {group["name"] for group in watcher.api("rules")["groups"]}
    jobs = {one["labels"]["job"] for one in watcher.targets()}
    return "scenario-own" in groups & jobs


@pytest.mark.usefixtures("own")
def test_rules_and_targets_of_the_operator_s_own_are_read(watcher: Prometheus) -> None:
    assert wait.until(lambda: known(watcher), what="the operator's rule and target being known", seconds=30)


@pytest.mark.fault
@pytest.mark.usefixtures("own")
def test_a_run_leaves_them_alone_and_judges_the_rules(host: Host, pytestconfig: pytest.Config) -> None:
    inventory = pytestconfig.getoption("ansible_inventory")
    # The first run has Prometheus read what has come since the run before.
    for _ in range(2):
        run = playbook.play("topology secrets monitoring", inventory)
        assert run.status == 0, run.output
    assert run.changed == 0, run.changed_tasks
    assert host.file(RULES).exists
    assert host.file(TARGETS).exists
    host.check_output("echo %s > %s", RULE.replace("vector(1)", "vector("), RULES)
    refused = playbook.play("topology secrets monitoring", inventory, *playbook.given(monitoring_retention_days=31))
    assert "scenario-own.yml" in refused.output
    assert (refused.status, refused.changed) == (2, 0)
    host.check_output("echo %s > %s", RULE, RULES)
