"""The role's playbook as an operator runs it on one host."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host
from testkit import nodes, playbook

Harden = Callable[..., playbook.Run]


@pytest.fixture
def harden(host: Host, pytestconfig: pytest.Config) -> Harden:
    """Return a function that hardens this host with settings of sshd that an operator gives; one host tells for all."""
    if nodes.name(host) != "node1":
        pytest.skip("one host tells for all")
    inventory = pytestconfig.getoption("ansible_inventory")

    def run(**settings: Any) -> playbook.Run:
        given = json.dumps({"hardening_sshd_settings": settings})
        return playbook.play("topology hardening", inventory, "--limit", nodes.name(host), "--diff", "-e", given)

    return run
