"""What Alertmanager and Prometheus are told, beyond what their own checkers see."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from render import rendering

ALERTMANAGER = "/etc/prometheus/alertmanager.yml"


def entries(**inputs: Any) -> dict[str, dict[str, Any]]:
    """Return the files of the role with these inputs beside the smallest, by path."""
    known = {**rendering.variables("monitoring", "smallest", "13"), **inputs}
    (task,) = rendering.load("roles/monitoring/tasks/configure.yml")
    arguments = Templar(loader=DataLoader(), variables=known).template(task[rendering.MODULE])
    return {entry["path"]: entry for entry in arguments["files"]}


@pytest.mark.parametrize(("port", "starttls"), [(587, True), (25, True), (465, False)])
def test_starttls_is_required_where_tls_does_not_come_first(port: int, starttls: bool) -> None:
    mail = {"monitoring_email_to": ["ops@example.com"], "monitoring_smtp_port": port}
    told = yaml.safe_load(entries(**mail)[ALERTMANAGER]["secret_content"])
    assert told["global"]["smtp_require_tls"] is starttls


@pytest.mark.parametrize("urls", [[], ["https://hooks.example.com/secret"]])
def test_no_diff_shows_where_webhooks_go_or_went(urls: list[str]) -> None:
    assert "content" not in entries(monitoring_webhook_urls=urls)[ALERTMANAGER]
