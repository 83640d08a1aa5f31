"""Who reaches which port of whom, read from the table of flows by a rule of its own, and the nodes to try it from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml
from testinfra.host import Host

from testkit import nodes, scan
from testkit.playbook import ROOT

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
        """Return all ports of the platform and its hosts, those on which a node listens, and common ones."""
        return set().union(*self._ports(), self.listening(), COMMON)

    def few(self) -> set[int]:
        """Return the ports on which a node listens, and the ends of each range of the platform's."""
        return self.listening().union(*({min(numbers), max(numbers)} for numbers in self._ports()))

    def _ports(self) -> list[set[int]]:
        own = [scan.numbers(str(port)) for tier in self.tiers.values() for port in tier["ports"].values()]
        return own + [self.ports_of(flow["to"], flow["port"]) for flow in self.flows if "port" in flow]

    def listening(self, protocol: str = "tcp") -> set[int]:
        """Return the ports on which a node listens, whoever is meant to reach them."""
        command = f"ss --no-header --listening --{protocol} --numeric | awk '{{print $4}}'"
        shown = "\n".join(host.check_output(command) for host in self.hosts.values())
        return {int(line.rpartition(":")[2]) for line in shown.split()}


def between(hosts: list[Host], topology: dict[str, Any]) -> Network:
    """Return the network that the hosts make, by the tables of the checkout."""
    named = {nodes.name(host): host for host in hosts}
    table = yaml.safe_load((ROOT / "playbooks/vars/platform.yml").read_text())
    addresses = {}
    for name, host in named.items():
        ipv6 = host.check_output("ip -6 -oneline address show scope global").split()[3].partition("/")[0]
        addresses[name] = {"ipv4": topology["hosts"][name]["address"], "ipv6": ipv6}
    members = {tier: [member["name"] for member in entry["members"]] for tier, entry in topology["tiers"].items()}
    return Network(named, addresses, table["platform_tiers"], table["platform_flows"], members)
