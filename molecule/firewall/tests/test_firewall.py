"""Nodes let in what the table of flows names and nothing else, and keep to it."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host
from testkit import scan
from testkit.edges import ADVERTISE
from testkit.playbook import Run, given

testinfra_hosts = ["ansible://node1"]
Converge = Callable[..., Run]
LIST = "nft --stateless list table inet privatechat"
PACKETS = 20


def counted(host: Host, comment: str) -> int:
    """Return how many packets the rules with the comment have seen."""
    shown = host.check_output(LIST.replace(" --stateless", ""))
    return sum(map(int, re.findall(rf'counter packets (\d+) .*comment "{comment}"', shown)))


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
@pytest.mark.parametrize("source", ["node1", "node2", "node3"])
def test_a_node_reaches_of_the_others_what_the_flows_name(network: Any, source: str, family: str) -> None:
    targets = {name: own[family] for name, own in network.addresses.items() if name != source}
    found = scan.Scan(network.hosts[source]).reached(targets.values(), network.candidates())
    expected = {address: network.expected(source, name, family) for name, address in targets.items()}
    assert found == expected


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_nothing_gets_in_over_udp(network: Any, family: str) -> None:
    targets = [network.addresses[name][family] for name in ("node1", "node3")]
    ports = network.listening("udp") | {53, 67, 111, 123, 161, 323, 514, 5353}
    assert scan.Scan(network.hosts["node2"]).reached(targets, ports, how="-sU") == {own: set() for own in targets}


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.fault)])
def test_a_stranger_reaches_the_public_ports(network: Any, stranger: Callable[[str], scan.Scan], every: bool) -> None:
    target = network.addresses["node1"]["ipv4"]
    ports = scan.EVERY_PORT if every else network.candidates()
    assert stranger("node3").reached([target], ports) == {target: {22, 80, 443}}


def test_a_stranger_reaches_nothing_but_administration_where_no_edge_is(
    network: Any, stranger: Callable[[str], scan.Scan]
) -> None:
    target = network.addresses["node3"]["ipv4"]
    assert stranger("node1").reached([target], network.candidates()) == {target: {22}}


def test_the_control_machine_is_no_more_than_anyone(network: Any) -> None:
    for port in (2379, 5432, 8008, 8070):
        with pytest.raises(TimeoutError):
            socket.create_connection((network.addresses["node1"]["ipv4"], port), timeout=0.5)
    socket.create_connection((network.addresses["node1"]["ipv6"], 22), timeout=5).close()


def test_only_an_edge_may_say_who_holds_the_floating_address(network: Any, host: Host) -> None:
    assert "who holds the floating address" in host.check_output(LIST)
    target = network.addresses["node1"]["ipv4"]
    for source, refused in (("node3", True), ("node2", False)):
        before, own = counted(host, "refused"), network.addresses[source]["ipv4"]
        once = f"python3 - {own} {target} 192.0.2.1 1 <<'END'\n{ADVERTISE}\nEND"
        network.hosts[source].check_output(f"for _ in $(seq {PACKETS}); do {once}\ndone")
        # Others are refused something now and then.
        assert (counted(host, "refused") - before >= PACKETS) is refused


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_a_node_answers_a_ping(network: Any, family: str) -> None:
    assert scan.answers_ping(network.hosts["node2"], network.addresses["node1"][family])


@pytest.mark.usefixtures("others_unchanged")
@pytest.mark.parametrize(
    "command",
    ["restart privatechat-firewall", "reload privatechat-firewall", "restart nftables", "stop privatechat-firewall"],
)
def test_the_rules_stay_whatever_units_do(host: Host, command: str) -> None:
    host.check_output(f"systemctl {command}")
    assert "policy drop" in host.check_output(LIST)
    host.check_output("systemctl stop nftables; systemctl start privatechat-firewall")
    assert host.run("systemctl is-enabled privatechat-firewall").rc == 0


@pytest.mark.usefixtures("others_unchanged")
@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("flush ruleset", '+\t\ttcp dport 22 counter accept comment "administration"'),
        ("insert rule inet privatechat input tcp dport 5432 accept", "-\t\ttcp dport 5432 accept"),
    ],
)
def test_rules_that_somebody_changed_are_put_right(host: Host, converge: Converge, command: str, line: str) -> None:
    host.check_output(f"nft {command}")
    run = converge("--diff")
    assert (run.status, run.changed) == (0, 1), run.output
    assert line in run.output


@pytest.mark.usefixtures("others_unchanged")
def test_a_flow_taken_out_of_the_table_closes_its_port(network: Any, converge: Converge) -> None:
    less = [flow for flow in network.flows if (flow["from"], flow.get("port")) != ("etcd", "peer")]
    run = converge(*given(platform_flows=less))
    assert run.status == 0, run.output
    target = network.addresses["node1"]["ipv4"]
    found = scan.Scan(network.hosts["node2"]).reached([target], network.candidates())
    assert found == {target: network.expected("node2", "node1", "ipv4") - {2380}}
    assert converge().changed == len(network.hosts)
