"""The edges of the inventory as the tests see them."""

from __future__ import annotations

from typing import Any

import pytest
import testinfra
from testinfra.host import Host
from testkit.edges import Edges


@pytest.fixture(scope="module")
def edges(host: Host, topology: dict[str, Any], pytestconfig: pytest.Config) -> Edges:
    """Return the edges of the inventory, and a stranger that is none."""

    def reach(name: str) -> Host:
        inventory = pytestconfig.getoption("ansible_inventory")
        return testinfra.get_host(f"ansible://{name}", ansible_inventory=inventory, sudo=True)

    addresses = {member["name"]: member["address"] for member in topology["tiers"]["edge"]["members"]}
    stranger = next(known for known in topology["hosts"].values() if "edge" not in known["tiers"])
    return Edges(
        hosts={name: reach(name) for name in addresses},
        addresses=addresses,
        stranger=reach(stranger["name"]),
        stranger_address=stranger["address"],
        floating=topology["public_address"],
        public_name=str(host.ansible.get_variables()["platform_public_name"]),
        authority=host.file("/etc/privatechat/tls/ca.pem").content_string,
    )
