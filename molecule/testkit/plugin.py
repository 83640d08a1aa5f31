"""pytest's side of the testkit: the topology as a fixture, and the node's journal below every failed test."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder
from ansible.vars.manager import VariableManager

ROOT = Path(__file__).parents[2]
JOURNAL_LINES = 60


@pytest.fixture(scope="session")
def topology(pytestconfig: pytest.Config) -> dict[str, Any]:
    """Return what plays call `platform_topology`, computed from the inventory under test."""
    # Only Ansible's own finder knows the collection, which is not on Python's path.
    _AnsibleCollectionFinder(paths=[str(ROOT / ".cache/collections")])._install()
    logic = import_module("ansible_collections.privatechat.platform.plugins.plugin_utils._topology")
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=[pytestconfig.getoption("ansible_inventory")])
    manager = VariableManager(loader=loader, inventory=inventory)
    hostvars = {host.name: manager.get_vars(host=host) for host in inventory.get_hosts()}
    table = loader.load_from_file(str(ROOT / "playbooks/vars/platform.yml"), trusted_as_template=True)
    known = {**table, **next(iter(hostvars.values()))}
    known.pop("platform_settings", None)
    settings = Templar(loader=loader, variables=known).template(table["platform_settings"])
    groups = {name: [host.name for host in group.get_hosts()] for name, group in inventory.groups.items()}
    computed: dict[str, Any] = logic.build_topology(
        groups, hostvars, table["platform_tiers"], table["platform_flows"], settings
    )
    return computed


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show below a failed test what its host's journal said last."""
    report: Any = yield
    host = getattr(item, "funcargs", {}).get("host")
    if report.failed and host is not None:
        command = (
            f"journalctl --boot --no-pager | grep -vE ' (sshd|sshd-session|sudo|kernel)\\W' | tail -n {JOURNAL_LINES}"
        )
        report.sections.append((f"the journal of {host.backend.get_hostname()}", host.run(command).stdout))
    return report
