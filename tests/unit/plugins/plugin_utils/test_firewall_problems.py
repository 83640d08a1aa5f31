"""What an operator says wrongly of the firewall is named, before it can keep anybody out."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.privatechat.platform.plugins.filter.operator_rules import operator_rules
from ansible_collections.privatechat.platform.plugins.plugin_utils import _firewall_problems

GOOD = {"ports": 9100, "sources": ["192.0.2.0/24"], "purpose": "metrics"}
SETTING = "platform_management_networks"


def found(networks: Any = (), rules: Any = (), origin: str = "192.0.2.5") -> list[str]:
    """Return the problems on two hosts that this run reaches from one address."""
    hosts = {
        name: {"platform_machine": {"control_address": origin}, "firewall_extra_rules": rules} for name in ("a", "b")
    }
    return _firewall_problems.problems(["a", "b"], hosts, {SETTING: networks})


@pytest.mark.parametrize(
    ("networks", "rules"),
    [
        ([], []),
        (["192.0.2.0/24", "2001:db8::/32"], [GOOD]),
        (["192.0.2.5"], [{"protocol": "udp", "ports": "60000-61000", "purpose": "x"}]),
        ([], [{"protocol": 47, "purpose": "x", "match": 'iifname { "wg0", "wg1" } ip dscp cs6'}]),
    ],
)
def test_good_input_has_no_problem(networks: list[str], rules: list[Any]) -> None:
    assert found(networks, rules) == []
    assert operator_rules(rules, networks, 22)


@pytest.mark.parametrize(
    ("networks", "words"),
    [
        ("192.0.2.0/24", "is '192.0.2.0/24', which is no list"),
        (["192.0.2"], "names '192.0.2', which is no IPv4 or IPv6 network"),
        (["192.0.2.0/33"], "names '192.0.2.0/33'"),
        (["192.0.2.7/24"], "names '192.0.2.7/24', an address inside the network 192.0.2.0/24"),
        (["198.51.100.0/24"], "this run reaches hosts 'a', 'b' from 192.0.2.5, which the firewall would keep out"),
        (["2001:db8::/32"], "from 192.0.2.5"),
    ],
)
def test_a_bad_management_network_is_named(networks: Any, words: str) -> None:
    (problem,) = found(networks)
    assert problem.startswith(SETTING)
    assert words in problem


def test_a_bad_network_of_visitors_is_named() -> None:
    name = "platform_monitoring_networks"
    (problem,) = _firewall_problems.problems(["a"], {"a": {}}, {name: ["192.0.2.7/24"]})
    assert problem.startswith(f"{name} names '192.0.2.7/24', an address inside")
    assert _firewall_problems.problems(["a"], {"a": {}}, {name: ["192.0.2.0/24"]}) == []


def test_a_host_that_is_not_reached_over_ssh_cannot_be_cut_off() -> None:
    assert found(["198.51.100.0/24"], origin="") == []
    assert found(["fe80::/10"], origin="fe80::1%eth0") == []
    assert _firewall_problems.problems(["a"], {"a": {}}, {SETTING: ["198.51.100.0/24"]}) == []


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("9100/tcp", "is '9100/tcp'. Write a dictionary"),
        ({**GOOD, "port": 1}, "unknown key 'port'. Known: protocol, ports,"),
        ({**GOOD, "ports": "http"}, "ports is 'http'"),
        ({"purpose": "x"}, "ports is ''"),
        ({**GOOD, "protocol": "sctp"}, "protocol is 'sctp'"),
        ({**GOOD, "protocol": 256}, "protocol is '256'"),
        ({**GOOD, "protocol": 47}, "the IP protocol 47 has none"),
        ({**GOOD, "sources": ["example.com"]}, "sources names 'example.com'"),
        ({**GOOD, "purpose": ""}, "has no purpose"),
        ({**GOOD, "purpose": 'a "b"'}, "has no purpose"),
        ({**GOOD, "match": "accept; drop"}, "match is 'accept; drop'"),
        ({**GOOD, "match": "} chain x {"}, "match is '} chain x {'"),
        ({**GOOD, "match": "a\nb"}, "Write conditions of one line"),
    ],
)
def test_a_bad_rule_is_named_once_though_all_hosts_have_it(rule: Any, words: str) -> None:
    (problem,) = found([], [GOOD, rule])
    assert problem.startswith("Rule 2 of firewall_extra_rules")
    assert words in problem


def test_rules_that_are_no_list_are_named() -> None:
    assert "is no list of rules" in found([], "all")[0]


def test_the_filter_refuses_all_at_once() -> None:
    with pytest.raises(AnsibleFilterError, match=r"names 'x'.*Rule 1 of.*Rule 2 of"):
        operator_rules([{"ports": "y", "purpose": "z"}, {"ports": 1}], ["x"], 22)
