"""A mistake in the firewall locks nobody out: it is refused, or taken back by the host itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from testkit.playbook import Run, given, play

testinfra_hosts = ["ansible://node1"]
Converge = Callable[..., Run]
CLOSED = ["192.0.2.0/24"]


@pytest.mark.usefixtures("others_unchanged")
def test_what_would_lock_or_mislead_is_refused_before_anything_changes(pytestconfig: pytest.Config) -> None:
    flows = [{"from": "nowhere", "to": "edge", "port": "https", "purpose": "x"}]
    bad = given(platform_flows=flows, platform_management_networks=CLOSED, firewall_extra_rules=[{"ports": "http"}])
    run = play("site", pytestconfig.getoption("ansible_inventory"), *bad)
    assert (run.status, run.changed) == (2, 0), run.output
    assert "names the tier 'nowhere', which is not in platform_tiers" in run.output
    assert "this run reaches hosts 'node1', 'node2', 'node3' from 10.91." in run.output
    assert "Rule 1 of firewall_extra_rules: ports is 'http'" in run.output


@pytest.mark.usefixtures("others_unchanged")
@pytest.mark.parametrize("playbooks", ["preflight", "topology firewall"])
def test_a_rule_that_nft_refuses_changes_no_host(playbooks: str, pytestconfig: pytest.Config) -> None:
    bad = given(firewall_extra_rules=[{"ports": 9100, "match": "iifnam wg0", "purpose": "x"}])
    run = play(playbooks, pytestconfig.getoption("ansible_inventory"), *bad)
    assert (run.status, run.changed) == (2, 0), run.output
    assert "the present one stays" in run.output
    assert "Error: " in run.output
    assert "iifnam wg0" in run.output


@pytest.mark.usefixtures("others_unchanged")
@pytest.mark.parametrize("seconds", [20, pytest.param(60, marks=pytest.mark.fault)])
def test_rules_that_lock_the_control_machine_out_are_taken_back(network: Any, converge: Converge, seconds: int) -> None:
    began = time.monotonic()
    locked = given(platform_management_networks=CLOSED, firewall_confirm_seconds=seconds)
    run = converge("--limit", "node3", "--timeout", "5", *locked)
    assert run.status == 2, run.output
    assert f"no new connection from the control machine has confirmed them within {seconds} s" in run.output
    assert "The host has gone back to what it had before" in run.output
    assert seconds < time.monotonic() - began < seconds + 60
    host = network.hosts["node3"]
    assert "192.0.2.0/24" not in host.file("/etc/nftables.d/privatechat.nft").content_string
    assert host.run("ls /run/privatechat-confirm/* /etc/nftables.d/*.unconfirmed").stdout == ""
