"""Who reaches which port of whom, read from the table of flows by a rule of its own, and the nodes to try it from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from testinfra.host import Host
from testkit import nodes, scan
from testkit.playbook import ROOT, Run, play

LIST = "nft --stateless list table inet privatechat"
SSH = 22
# Ports of the system and of programs that nobody asked for are tried with those of the platform.
COMMON = range(1, 1025)


@dataclass(frozen=True)
class Network:
    """The nodes by name, with their addresses in both families, and the platform's tables."""

    hosts: dict[str, Host]
    addresses: dict[str, dict[str, str]]
    tiers: dict[str, Any]
    flows: list[dict[str, Any]]
    members: dict[str, list[str]]

    def ports_of(self, tier: str, port: Any) -> set[int]:
        """Return the numbers behind a port's name, or behind a number."""
        return scan.numbers(str(self.tiers.get(tier, {}).get("ports", {}).get(port, port)))

    def members_of(self, end: str) -> list[str]:
        """Return the nodes that one end of a flow stands for."""
        return list(self.hosts) if end == "all" else self.members.get(end, [])

    def expected(self, source: str, target: str, family: str) -> set[int]:
        """Return the TCP ports of a node that another one reaches; hosts know each other by one family only."""
        opened = {SSH}
        for flow in self.flows:
            known = family == "ipv4" and source in self.members_of(flow["from"])
            if "port" in flow and target in self.members_of(flow["to"]) and (known or flow["from"] == "anyone"):
                opened |= self.ports_of(flow["to"], flow["port"])
        return opened

    def candidates(self) -> set[int]:
        """Return all ports of the platform, those on which a node listens, and common ones."""
        ports = {number for tier in self.tiers for port in self.tiers[tier]["ports"].values()
                 for number in scan.numbers(str(port))}  # fmt: skip
        for host in self.hosts.values():
            shown = host.check_output("ss --no-header --listening --tcp --numeric | awk '{print $4}'")
            ports |= {int(line.rpartition(":")[2]) for line in shown.splitlines()}
        return ports | set(COMMON)


@pytest.fixture(scope="session")
def network(pytestconfig: pytest.Config, topology: dict[str, Any]) -> Network:
    """Return the nodes, with nmap on them."""
    hosts = {nodes.name(host): host for host in nodes.of(pytestconfig, "all")}
    for host in hosts.values():
        host.check_output("command -v nmap || apt-get install -qq --no-install-recommends nmap >/dev/null")
    table = yaml.safe_load((ROOT / "playbooks/vars/platform.yml").read_text())
    addresses = {}
    for name, host in hosts.items():
        ipv6 = host.check_output("ip -6 -oneline address show scope global").split()[3].partition("/")[0]
        addresses[name] = {"ipv4": topology["hosts"][name]["address"], "ipv6": ipv6}
    members = {tier: [member["name"] for member in entry["members"]] for tier, entry in topology["tiers"].items()}
    return Network(hosts, addresses, table["platform_tiers"], table["platform_flows"], members)


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
