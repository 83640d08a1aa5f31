"""Deploys a changed inventory and sees that a refused one has changed nothing on the node or in the inventory."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import testinfra
import yaml
from testinfra.host import Host
from testkit.playbook import Run, play

PLAYBOOK = "site"
TIERS = ["edge", "chat", "etcd", "postgresql", "redis", "rabbitmq"]
STATIC = "/etc /opt /root /srv /usr /var/lib/dpkg"


def fingerprint(host: Host) -> str:
    """Return a digest of the node's files, with owners, modes and times of change, and of its packages."""
    files = f"find {STATIC} -xdev -not -name __pycache__ -printf '%p %m %U %G %s %T@ %C@\\n' | sort"
    return host.check_output(f"({files}; dpkg -l) | sha256sum")


def variables(inventory: str) -> dict[str, dict[str, Any]]:
    """Return what the inventory under test says of each node: how to reach it, and the operator's settings."""
    command = [sys.executable, "-m", "ansible", "inventory", "-i", inventory, "--list"]
    listed = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["_meta"]["hostvars"]
    return {
        host: {name: value for name, value in own.items() if not name.startswith("platform_secret")}
        for host, own in listed.items()
    }


@pytest.fixture
def deploy(host: Host, pytestconfig: pytest.Config, tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Return a function that runs site.yml on a changed inventory; afterwards nothing may have changed."""
    nodes, before = variables(pytestconfig.getoption("ansible_inventory")), fingerprint(host)
    group_vars = tmp_path / "group_vars" / "all"
    group_vars.mkdir(parents=True)

    def run(
        *arguments: str, groups: dict[str, list[str]] | None = None, hosts: dict[str, Any] | None = None, **changes: Any
    ) -> Run:
        members = {tier: ["node1"] for tier in TIERS} | (groups or {})
        children = {tier: {"hosts": dict.fromkeys(names)} for tier, names in members.items()}
        addresses = {name: {"ansible_host": own["ansible_host"]} for name, own in nodes.items()}
        tree = {"children": children, "hosts": addresses | (hosts or {})}
        (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": tree}))
        settings = {name: value for name, value in nodes["node1"].items() if name != "ansible_host"}
        known = {name: value for name, value in (settings | changes).items() if value is not None}
        (group_vars / "main.yml").write_text(yaml.safe_dump(known))
        return play(PLAYBOOK, tmp_path, *arguments)

    yield run
    assert fingerprint(host) == before
    assert not (group_vars / "secrets.yml").exists()


@pytest.fixture
def refused(deploy: Callable[..., Run]) -> Callable[..., list[str]]:
    """Return a function that deploys a changed inventory in vain and returns the numbered problems."""

    def run(*arguments: str, **changes: Any) -> list[str]:
        ended = deploy(*arguments, **changes)
        assert ended.status == 2, ended.output
        assert ended.changed == 0, ended.changed_tasks
        (error,) = re.findall(r"^\[ERROR\]: (.*?)^Origin:", ended.output, re.MULTILINE | re.DOTALL)
        return re.findall(r"^\d+\. (.*)", error, re.MULTILINE)

    return run


@pytest.fixture
def other(pytestconfig: pytest.Config) -> Host:
    """Return a second node, which a test may disguise."""
    inventory = pytestconfig.getoption("ansible_inventory")
    return testinfra.get_host("ansible://node2?sudo=true", ansible_inventory=inventory)
