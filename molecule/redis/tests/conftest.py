"""The members under test, all at once."""

from __future__ import annotations

from typing import Any

import pytest
import testinfra
from testinfra.host import Host
from testkit.redis import Member, Members


@pytest.fixture(scope="session")
def members(topology: dict[str, Any], pytestconfig: pytest.Config) -> Members:
    """Return all members of Redis."""
    inventory = pytestconfig.getoption("ansible_inventory")
    names = [member["name"] for member in topology["tiers"]["redis"]["members"]]
    hosts = {name: testinfra.get_host(f"ansible://{name}", ansible_inventory=inventory, sudo=True) for name in names}
    return Members(hosts)


@pytest.fixture
def member(host: Host, members: Members) -> Member:
    """Return the member on the host that the test runs for."""
    return members.by_name[host.backend.get_hostname()]
