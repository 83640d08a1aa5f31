"""The nodes that reach each other or do not, the firewall's playbook for them, and a stranger among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from testinfra.host import Host
from testkit import nodes, scan
from testkit.network import Network, between
from testkit.playbook import Run, play

LIST = "nft --stateless list table inet privatechat"


@pytest.fixture(scope="session")
def network(pytestconfig: pytest.Config, topology: dict[str, Any]) -> Network:
    """Return the nodes with what may reach them."""
    return between(nodes.of(pytestconfig, "all"), topology)


@pytest.fixture(scope="session")
def converge(pytestconfig: pytest.Config) -> Callable[..., Run]:
    """Return a function that runs the firewall's playbook on the scenario's inventory."""
    inventory = pytestconfig.getoption("ansible_inventory")
    return lambda *arguments: play("topology firewall", inventory, *arguments)


@pytest.fixture(autouse=True, scope="session")
def _open_afterwards(pytestconfig: pytest.Config) -> Iterator[None]:
    """Leave the nodes open, as the tests of other scenarios find them, which come from outside."""
    for host in nodes.of(pytestconfig, "all"):
        host.check_output("systemctl restart privatechat-firewall")
    yield
    for host in nodes.of(pytestconfig, "all"):
        host.run("nft delete table inet privatechat")


@pytest.fixture
def stranger(network: Network) -> Iterator[Callable[[str], scan.Scan]]:
    """Return a function that makes a node somebody whom the platform does not know, by another IPv4 address."""
    used: list[tuple[Host, str]] = []

    def disguised(name: str) -> scan.Scan:
        host, own = network.hosts[name], network.addresses[name]["ipv4"]
        address = own.rpartition(".")[0] + ".99"
        interface = host.check_output("ip -oneline address show to %s", own).split()[1]
        host.check_output(f"ip address add {address}/24 dev {interface}")
        used.append((host, f"{address}/24 dev {interface}"))
        return scan.Scan(host, address)

    yield disguised
    for host, address in used:
        host.check_output(f"ip address delete {address}")


@pytest.fixture
def others_unchanged(network: Network) -> Iterator[None]:
    """Fail when a test leaves other rules behind than it found."""
    before = {name: host.check_output(LIST) for name, host in network.hosts.items()}
    yield
    assert {name: host.check_output(LIST) for name, host in network.hosts.items()} == before
