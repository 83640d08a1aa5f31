"""Who may reach each port of each tier, exactly; and what holds for every rule."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
import yaml
from netaddr import IPNetwork
from unit.may_reach import EACH_HOST, MAY_REACH, WORLD

from ansible_collections.privatechat.platform.plugins.plugin_utils import _firewall, _flows
from house import tree

TABLE = yaml.safe_load(tree.text("playbooks/vars/platform.yml"))
TIERS, FLOWS = TABLE["platform_tiers"], TABLE["platform_flows"]
# Two hosts of each tier, so that who reaches a port shows the tiers that do.
ADDRESSES = {
    f"{tier}{number}": f"192.0.2.{10 * place + number}" for place, tier in enumerate(TIERS) for number in (1, 2)
}
OWNERS = {address: name[:-1] for name, address in ADDRESSES.items()}


def topology(groups: dict[str, list[str]], addresses: dict[str, str]) -> dict[str, Any]:
    members = {tier: [{"name": name, "address": addresses[name]} for name in groups.get(tier, [])] for tier in TIERS}
    hosts: dict[str, Any] = {}
    for tier, found in members.items():
        for member in found:
            hosts.setdefault(member["name"], {**member, "tiers": []})["tiers"].append(tier)
    return {"tiers": {tier: {"members": found} for tier, found in members.items()}, "hosts": hosts}


EACH_APART = topology({tier: [f"{tier}1", f"{tier}2"] for tier in TIERS}, ADDRESSES)


def rules_of(host: str, flows: list[Any] | None = None, where: Any = EACH_APART) -> list[dict[str, Any]]:
    return _firewall.platform_rules(where, host, TIERS, FLOWS if flows is None else flows)


def sources_of(rule: dict[str, Any]) -> set[str]:
    if (rule["ipv4"], rule["ipv6"]) == (["0.0.0.0/0"], ["::/0"]):
        return {WORLD}
    return {OWNERS[address] for address in rule["ipv4"] + rule["ipv6"]}


@pytest.mark.parametrize("tier", TIERS)
def test_who_may_reach_each_port(tier: str) -> None:
    reached: dict[tuple[str, str], set[str]] = defaultdict(set)
    for rule in rules_of(f"{tier}1"):
        reached[rule["protocol"], rule["ports"]] |= sources_of(rule)
    rules = TIERS[tier]
    names = {("tcp", str(port)): name for name, port in rules["ports"].items()}
    names |= {(str(number), ""): name for name, number in rules.get("protocols", {}).items()}
    for name, port in TABLE["platform_host_ports"].items():
        assert reached.pop(("tcp", str(port))) == EACH_HOST[name]
    found = {names[opened]: who for opened, who in reached.items()}
    assert found == {name: who for name, who in MAY_REACH[tier].items() if who}
    assert set(MAY_REACH[tier]) == set(names.values())


def test_nothing_outside_the_platform_reaches_anything_but_the_edge() -> None:
    public = {host: [rule for rule in rules_of(host) if WORLD in sources_of(rule)] for host in ADDRESSES}
    assert {host for host, rules in public.items() if rules} == {"edge1", "edge2"}
    assert {rule["ports"] for rule in public["edge1"]} == {"80", "443"}


def test_a_flow_taken_out_of_the_table_closes_its_port() -> None:
    less = [flow for flow in FLOWS if (flow["from"], flow.get("port")) != ("postgresql", "client")]
    assert [sources_of(rule) for rule in rules_of("etcd1", less) if rule["ports"] == "2379"] == [{"etcd"}]


def test_a_host_is_no_source_of_its_own_and_one_machine_opens_only_what_is_for_anyone() -> None:
    assert ADDRESSES["etcd1"] not in {address for rule in rules_of("etcd1") for address in rule["ipv4"]}
    alone = topology({tier: ["one"] for tier in TIERS}, {"one": "192.0.2.1"})
    assert [rule["ports"] for rule in rules_of("one", where=alone)] == ["443", "80"]


def test_a_number_can_be_opened_of_all_hosts_to_a_tier_or_to_all() -> None:
    flows = [
        {"from": "monitoring", "to": "all", "port": 9100, "purpose": "metrics"},
        {"from": "all", "to": "monitoring", "port": "6514", "purpose": "logs"},
    ]
    for host in ADDRESSES:
        numbers = {rule["ports"]: sources_of(rule) for rule in rules_of(host, flows)}
        expected = {"9100": {"monitoring"}} | ({"6514": set(TIERS)} if host.startswith("monitoring") else {})
        assert numbers == expected


def test_neighbours_are_told_apart_as_the_inventory_names_them() -> None:
    where = topology({"redis": ["a", "b", "c"]}, {"a": "192.0.2.1", "b": "192.0.2.3", "c": "192.0.2.2"})
    assert rules_of("a", where=where)[0]["ipv4"] == ["192.0.2.2", "192.0.2.3"]


def test_addresses_of_both_families_stand_apart() -> None:
    mixed = topology({"redis": ["a", "b", "c"]}, {"a": "192.0.2.1", "b": "2001:db8::2", "c": "192.0.2.3"})
    rule = rules_of("a", where=mixed)[0]
    assert (rule["ipv4"], rule["ipv6"]) == (["192.0.2.3"], ["2001:db8::2"])


@pytest.mark.parametrize("host", ADDRESSES)
def test_every_rule_is_a_flow_of_the_table_with_sources_and_a_purpose(host: str) -> None:
    opened = {(*_flows.opening(flow, TIERS), flow["purpose"]) for flow in FLOWS}
    for rule in rules_of(host):
        assert (rule["protocol"], rule["ports"], rule["purpose"]) in opened
        assert rule["ipv4"] or rule["ipv6"]
        assert all(IPNetwork(network) for network in rule["ipv4"] + rule["ipv6"])


def test_ssh_is_open_to_the_management_networks_or_to_anyone() -> None:
    (rule,) = _firewall.operator_rules([], ["192.0.2.0/24", "192.0.2.7", "2001:db8::/32"], 22)
    assert (rule["ports"], rule["ipv4"], rule["ipv6"]) == ("22", ["192.0.2.0/24"], ["2001:db8::/32"])
    (rule,) = _firewall.operator_rules([], [], "2222")
    assert (rule["ports"], sources_of(rule)) == ("2222", {WORLD})


def test_an_operators_rule_takes_what_it_leaves_out_from_the_common_case() -> None:
    extra = [{"ports": 9100, "purpose": "x"}, {"protocol": 47, "sources": ["198.51.100.7"], "purpose": "y"}]
    _ssh, open_to_all, tunnel = _firewall.operator_rules(extra, [], 22)
    assert (open_to_all["protocol"], open_to_all["ports"], sources_of(open_to_all)) == ("tcp", "9100", {WORLD})
    assert (tunnel["protocol"], tunnel["ports"], tunnel["ipv4"], tunnel["ipv6"]) == ("47", "", ["198.51.100.7"], [])
