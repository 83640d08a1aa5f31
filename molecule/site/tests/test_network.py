"""Machines let in each other as the table of flows says, and a stranger at the public ports only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from testkit import nodes, scan
from testkit.network import SSH, between

STRANGER = "the control machine"


def test_machines_let_in_each_other_as_the_flows_say_and_a_stranger_as_anyone(
    pytestconfig: pytest.Config, topology: dict[str, Any]
) -> None:
    network = between(nodes.of(pytestconfig, "all"), topology)
    addresses, ports = {name: own["ipv4"] for name, own in network.addresses.items()}, network.few()
    firsts = {members[0] for members in network.members.values() if members}
    sources = {**{name: scan.on(network.hosts[name]) for name in firsts}, STRANGER: scan.here}

    def named(source: str) -> dict[str, set[int]]:
        others = {name: address for name, address in addresses.items() if name != source}
        return {address: network.expected(source, name, "ipv4") & ports for name, address in others.items()}

    with ThreadPoolExecutor() as beside:
        reached = beside.map(lambda source: scan.connecting(sources[source], named(source), ports), sources)
        found = dict(zip(sources, reached, strict=True))
    assert found == {source: named(source) for source in sources}
    edges = network.members["edge"]
    assert found[STRANGER] == {own: {SSH, 80, 443} if name in edges else {SSH} for name, own in addresses.items()}
