"""What Alertmanager and Prometheus are told, beyond what their own checkers see."""

from __future__ import annotations

from fnmatch import fnmatch
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from render import rendering

ALERTMANAGER, PROMETHEUS = "/etc/prometheus/alertmanager.yml", "/etc/prometheus/prometheus.yml"
OWN_RULES, OWN_TARGETS = "/etc/prometheus/own/rules/*.yml", "/etc/prometheus/own/targets/*.yml"


def arguments(**inputs: Any) -> dict[str, Any]:
    """Return what the role writes and clears with these inputs beside the smallest."""
    known = {**rendering.variables("monitoring", "smallest", "13"), **inputs}
    (task,) = rendering.load("roles/monitoring/tasks/configure.yml")
    found: dict[str, Any] = Templar(loader=DataLoader(), variables=known).template(task[rendering.MODULE])
    return found


def entries(**inputs: Any) -> dict[str, dict[str, Any]]:
    """Return the files of the role by path."""
    return {entry["path"]: entry for entry in arguments(**inputs)["files"]}


@pytest.mark.parametrize(("port", "starttls"), [(587, True), (25, True), (465, False)])
def test_starttls_is_required_where_tls_does_not_come_first(port: int, starttls: bool) -> None:
    mail = {"monitoring_email_to": ["ops@example.com"], "monitoring_smtp_port": port}
    told = yaml.safe_load(entries(**mail)[ALERTMANAGER]["secret_content"])
    assert told["global"]["smtp_require_tls"] is starttls


@pytest.mark.parametrize("urls", [[], ["https://hooks.example.com/secret"]])
def test_no_diff_shows_where_webhooks_go_or_went(urls: list[str]) -> None:
    assert "content" not in entries(monitoring_webhook_urls=urls)[ALERTMANAGER]


def test_rules_and_targets_of_the_operator_s_own_are_read_and_stay() -> None:
    told = yaml.safe_load(entries()[PROMETHEUS]["content"])
    # By where they lie on the host, so that the check of new files judges them, too.
    assert OWN_RULES in told["rule_files"]
    assert [job["file_sd_configs"] for job in told["scrape_configs"] if job["job_name"] == "own"] == [
        [{"files": [OWN_TARGETS]}]
    ]
    given = arguments()
    assert [name for name in given["absent"] if any(fnmatch(own, name) for own in (OWN_RULES, OWN_TARGETS))] == []
    made = {entry["path"] for entry in given["directories"]}
    assert {name.rpartition("/")[0] for name in (OWN_RULES, OWN_TARGETS)} <= made
