"""The plan that the nodes under test carry out, and people who use it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
import yaml
from testinfra.host import Host
from testkit.chat import Chat
from testkit.plugin import ROOT

Plan = dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def plan(topology: dict[str, Any]) -> Plan:
    """Return the planned processes by name."""
    logic = import_module("ansible_collections.privatechat.platform.plugins.plugin_utils._chat_plan")
    table = yaml.safe_load((ROOT / "playbooks/vars/platform.yml").read_text())
    members, ports = topology["tiers"]["chat"]["members"], table["platform_tiers"]["chat"]["ports"]
    made = logic.build(members, 100, ports, federation=False)
    return {process["name"]: process for process in made["processes"]}


@pytest.fixture
def own(host: Host, plan: Plan) -> Plan:
    """Return the processes of this host."""
    name = host.backend.get_hostname()
    return {process: entry for process, entry in plan.items() if entry["host"] == name}


@pytest.fixture
def main(host: Host, plan: Plan) -> Chat:
    return Chat(host, plan["main"])


@pytest.fixture
def generic(host: Host, own: Plan) -> Chat:
    """Return a client of this host's generic worker."""
    return Chat(host, next(entry for name, entry in own.items() if name.startswith("generic")))
