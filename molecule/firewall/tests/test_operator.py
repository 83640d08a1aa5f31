"""The operator's own word counts: who administers hosts, and what else they let in."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest
from testkit import scan
from testkit.playbook import Run, given

testinfra_hosts = ["ansible://node3"]
OWN = [
    {"protocol": "udp", "ports": 51820, "purpose": "tunnel"},
    {"ports": "9500-9501", "match": 'iifname "eth0"', "purpose": "by this way"},
    {"ports": 9502, "match": 'iifname "wg0"', "purpose": "by another way"},
    {"ports": 9503, "sources": ["192.0.2.0/24"], "purpose": "from elsewhere"},
]


def own_address(target: str) -> str:
    """Return the address under which the target knows the control machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        way.connect((target, 9))
        return str(way.getsockname()[0])


@pytest.mark.fault
@pytest.mark.usefixtures("others_unchanged")
def test_only_management_networks_administer_and_own_rules_open_what_they_say(
    network: Any, stranger: Callable[[str], scan.Scan], converge: Callable[..., Run]
) -> None:
    target = network.addresses["node3"]["ipv4"]
    settings = given(platform_management_networks=[own_address(target)], firewall_extra_rules=OWN)
    run = converge("--limit", "node3", *settings)
    assert (run.status, run.changed) == (0, 1), run.output
    try:
        unknown = stranger("node1")
        assert unknown.reached([target], {22, *range(9500, 9504)}) == {target: {9500, 9501}}
        assert unknown.reached([target], {51819, 51820}, how="-sU") == {target: {51820}}
        # Who is of the platform reaches its ports, and administers no more than a stranger.
        assert scan.Scan(network.hosts["node2"]).reached([target], {22, 9300, 2380}) == {target: {2380}}
    finally:
        run = converge("--limit", "node3")
    assert (run.status, run.changed) == (0, 1), run.output
