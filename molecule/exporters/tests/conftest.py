"""Hosts of the platform, and what one of them gets when it asks another for its figures."""

from __future__ import annotations

from typing import Any

import pytest
from testinfra.host import Host
from testkit import metrics, nodes


@pytest.fixture(scope="session")
def hosts(pytestconfig: pytest.Config, topology: dict[str, Any]) -> dict[str, Host]:
    """Return all hosts by name."""
    found = {nodes.name(host): host for host in nodes.of(pytestconfig, "all")}
    return {name: found[name] for name in topology["hosts"]}


@pytest.fixture(scope="session")
def ask(hosts: dict[str, Host], topology: dict[str, Any]) -> metrics.Ask:
    """Return a function that asks a host for the metrics of a job, from another host."""
    addresses = {name: host["address"] for name, host in topology["hosts"].items()}

    def page(name: str, job: str, *, of: int = 0, target: str = "") -> metrics.Page:
        """Ask the job's port; `of` is the port of the Redis server meant, at this host or at `target`."""
        asker = next(host for other, host in hosts.items() if other != name)
        path = f"/scrape?target=rediss://{addresses[target or name]}:{of}" if of else "/metrics"
        return metrics.scrape(asker, f"http://{addresses[name]}:{metrics.PORTS[job]}{path}")

    return page
