"""The topology is a pure function of inventory and table, and says everything that is wrong with them at once."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.privatechat.platform.plugins.plugin_utils._topology import (
    TopologyError,
    build_topology,
    inventory_problems,
)

TIERS: dict[str, Any] = {
    "etcd": {"minimum": 1, "quorum": True, "ports": {"client": 2379}},
    "chat": {"minimum": 1, "ports": {"main": 8080}},
}
FLOWS: list[dict[str, Any]] = [
    {"from": "anyone", "to": "chat", "port": "main"},
    {"from": "chat", "to": "etcd", "port": "client"},
]
SETTINGS: dict[str, Any] = {
    "platform_chat_domain": "example.com",
    "platform_public_name": "chat.example.com",
    "platform_certificate_source": "internal",
    "platform_public_address": "",
    "platform_users": 100,
    "platform_internal_domain": "internal.example",
}
GROUPS: dict[str, list[str]] = {"etcd": ["b", "a", "c"], "chat": ["a"]}
HOSTVARS: dict[str, dict[str, Any]] = {
    "a": {"ansible_host": "192.0.2.1"},
    "b": {"ansible_host": "jump.example.com", "platform_address": "192.0.2.2"},
    "c": {"ansible_host": "2001:DB8:0::3"},
}


def problems(**changed: Any) -> list[str]:
    """Return the problems of the sample after replacing some of its parts."""
    parts = {"groups": GROUPS, "hostvars": HOSTVARS, "tiers": TIERS, "flows": FLOWS, "settings": SETTINGS} | changed
    return inventory_problems(**parts)


def test_members_are_sorted_and_addresses_are_canonical() -> None:
    topology = build_topology(GROUPS, HOSTVARS, TIERS, FLOWS, SETTINGS)
    assert topology["tiers"]["etcd"]["members"] == [
        {"name": "a", "address": "192.0.2.1"},
        {"name": "b", "address": "192.0.2.2"},
        {"name": "c", "address": "2001:db8::3"},
    ]
    assert topology["hosts"]["a"]["tiers"] == ["etcd", "chat"]
    assert topology["hosts"]["a"]["names"] == ["a", "a.internal.example"]


def test_the_public_address_is_the_first_edges_unless_edges_share_one() -> None:
    tiers, groups = TIERS | {"edge": {"minimum": 1, "ports": {}}}, GROUPS | {"edge": ["b", "a"]}
    assert build_topology(groups, HOSTVARS, tiers, FLOWS, SETTINGS)["public_address"] == "192.0.2.1"
    settings = SETTINGS | {"platform_floating_address": "192.0.2.10/24"}
    assert build_topology(groups, HOSTVARS, tiers, FLOWS, settings)["public_address"] == "192.0.2.10"


def test_a_floating_address_outside_an_edges_network_is_refused_with_the_rest() -> None:
    changed = {"platform_floating_address": "198.51.100.10/24", "platform_chat_domain": ""}
    found = problems(groups=GROUPS | {"edge": ["a"]}, settings=SETTINGS | changed)
    assert len(found) == 2
    assert "outside the network 198.51.100.0/24" in found[1]


def test_the_order_of_the_inventory_changes_nothing() -> None:
    turned = {tier: list(reversed(names)) for tier, names in GROUPS.items()}
    assert build_topology(turned, HOSTVARS, TIERS, FLOWS, SETTINGS) == build_topology(
        GROUPS, HOSTVARS, TIERS, FLOWS, SETTINGS
    )


def test_a_good_inventory_has_no_problems() -> None:
    assert problems() == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"groups": {"etcd": ["a"]}}, "group 'chat' has 0 hosts, the tier needs at least 1"),
        ({"groups": {"etcd": ["a", "b"], "chat": ["a"]}}, "group 'etcd' has 2 hosts; an even number"),
        ({"hostvars": HOSTVARS | {"a": {"ansible_host": "192.0.2.300"}}}, "Host 'a' has the address '192.0.2.300'"),
        ({"hostvars": HOSTVARS | {"a": {}}}, "Host 'a' has the address 'a'"),
        ({"hostvars": HOSTVARS | {"a": {"ansible_host": "192.0.2.2"}}}, "'a' and 'b' have the same address 192.0.2.2"),
        ({"hostvars": HOSTVARS | {"b": {"ansible_host": "2001:db8::3"}}}, "'b' and 'c' have the same address"),
        ({"flows": [{"from": "chta", "to": "etcd", "port": "client"}]}, "names the tier 'chta'"),
        ({"flows": [{"from": "etcd", "to": "anyone", "port": "client"}]}, "names the tier 'anyone'"),
        ({"flows": [{"from": "chat", "to": "etcd", "port": "peer"}]}, "port 'peer', which tier 'etcd' does not have"),
        ({"settings": SETTINGS | {"platform_chat_domain": ""}}, "platform_chat_domain is not set"),
        ({"settings": SETTINGS | {"platform_public_name": "chat_1.example.com"}}, "which is not a host name"),
        ({"settings": SETTINGS | {"platform_public_name": "192.0.2.1"}}, "which is not a host name"),
        ({"settings": SETTINGS | {"platform_certificate_source": "magic"}}, "platform_certificate_source is 'magic'"),
        ({"settings": SETTINGS | {"platform_public_address": "192.0.2"}}, "platform_public_address is '192.0.2'"),
        ({"settings": SETTINGS | {"platform_users": "many"}}, "platform_users is 'many'"),
    ],
)
def test_each_problem_is_named(changed: dict[str, Any], words: str) -> None:
    found = problems(**changed)
    assert len(found) == 1, found
    assert words in found[0]


def test_all_problems_come_in_one_error() -> None:
    with pytest.raises(TopologyError) as caught:
        build_topology({"etcd": []}, {}, TIERS, FLOWS, {})
    assert all(words in str(caught.value) for words in ("'etcd' has 0", "'chat' has 0", "platform_chat_domain"))
