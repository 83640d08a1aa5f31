"""A flow opens ports by name or number, and one that leads nowhere is named."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.privatechat.platform.plugins.plugin_utils import _flows
from house import tree

TIERS = {
    "edge": {"ports": {"https": 443}, "protocols": {"vrrp": 112}},
    "chat": {"ports": {"main": 8080, "workers": "8081-8130"}},
}


@pytest.mark.parametrize(
    ("flow", "opened"),
    [
        ({"to": "edge", "port": "https"}, ("tcp", "443")),
        ({"to": "chat", "port": "workers"}, ("tcp", "8081-8130")),
        ({"to": "edge", "protocol": "vrrp"}, ("112", "")),
        ({"to": "chat", "port": 9100}, ("tcp", "9100")),
        ({"to": "all", "port": "9100-9110"}, ("tcp", "9100-9110")),
    ],
)
def test_a_flow_opens_what_it_names(flow: dict[str, Any], opened: tuple[str, str]) -> None:
    assert list(_flows.flow_problems(TIERS, [{"from": "edge", **flow}])) == []
    assert _flows.opening(flow, TIERS) == opened


@pytest.mark.parametrize(
    ("flow", "words"),
    [
        ({"from": "egde", "to": "chat", "port": "main"}, "names the tier 'egde', which is not in platform_tiers"),
        ({"from": "edge", "to": "caht", "port": "main"}, "names the tier 'caht'"),
        ({"from": "edge", "to": "anyone", "port": "main"}, "names the tier 'anyone'"),
        ({"from": "edge", "to": "chat", "port": "mian"}, "port 'mian', which tier 'chat' does not have. Known: main,"),
        ({"from": "edge", "to": "chat", "protocol": "vrrp"}, "protocol 'vrrp', which tier 'chat' does not have"),
        ({"from": "edge", "to": "chat"}, "port 'None'"),
        ({"from": "edge", "to": "chat", "port": 65536}, "port '65536'"),
        ({"from": "edge", "to": "chat", "port": "9-8"}, "port '9-8'"),
        ({"from": "edge", "to": "all", "port": "main"}, "what is opened of all hosts is a port's number"),
        ({"from": "edge", "to": "all", "protocol": "vrrp"}, "the protocol 'vrrp'; what is opened of all hosts"),
    ],
)
def test_a_flow_that_leads_nowhere_is_named(flow: dict[str, Any], words: str) -> None:
    (problem,) = _flows.flow_problems(TIERS, [{"from": "all", "to": "chat", "port": "main"}, flow])
    assert words in problem


@pytest.mark.parametrize(("value", "good"), [(1, True), ("65535", True), ("1-2", True), (0, False), ("a", False)])
def test_ports_are_numbers(value: Any, good: bool) -> None:
    assert _flows.is_ports(value) is good


def test_a_range_has_both_ends() -> None:
    assert (list(_flows.port_range("8081-8083")), list(_flows.port_range(22))) == ([8081, 8082, 8083], [22])


def test_a_host_may_have_all_tiers_since_they_share_no_port() -> None:
    table = yaml.safe_load(tree.text("playbooks/vars/platform.yml"))
    holders: dict[int, set[str]] = {port: {"every host"} for port in table["platform_host_ports"].values()}
    for tier, rules in table["platform_tiers"].items():
        for name, entry in {**rules["ports"], **rules.get("listeners", {})}.items():
            for port in _flows.port_range(entry):
                # One HAProxy serves both tiers that have it.
                holders.setdefault(port, set()).add(name if name == "balancer_metrics" else f"{tier}.{name}")
    assert {port: who for port, who in holders.items() if len(who) > 1} == {}
