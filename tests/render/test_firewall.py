"""The ruleset is taken by nft and the kernel, and its order is that in which packets meet it."""

from __future__ import annotations

import subprocess

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from render import rendering
from render.parsers import MissingParserError, program

from ansible_collections.privatechat.platform.plugins.modules.nft_table import text_of

SAMPLES = list(rendering.samples("firewall"))


def rendered(sample: str) -> str:
    """Return the file that the module makes of what the role hands it."""
    known = rendering.variables("firewall", sample, "13")
    (tried, *_rest) = rendering.load("roles/firewall/tasks/configure.yml")
    task = Templar(loader=DataLoader(), variables=known).template(tried["privatechat.platform.nft_table"])
    return text_of("inet", task["name"], task["rules"])


def aside(text: str, *listing: str) -> subprocess.CompletedProcess[str]:
    """Load a ruleset in a network namespace of its own, and list what came of it."""
    try:
        inside = f"{program('nft')} --file - && {program('nft')} {' '.join(listing) or '--stateless list ruleset'}"
        command = [program("unshare"), "--net", "--map-root-user", "/bin/sh", "-c", inside]
    except MissingParserError as exc:
        pytest.skip(str(exc))
    if subprocess.run([*command[:3], "true"], capture_output=True, check=False).returncode:
        pytest.skip("network namespaces cannot be made here, so the ruleset was rendered and not loaded")
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


def rules_of(sample: str) -> list[str]:
    """Return the lines of the chain as the kernel has them."""
    done = aside(rendered(sample))
    assert done.returncode == 0, done.stderr
    return [line.strip() for line in done.stdout.splitlines()]


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_kernel_takes_the_ruleset_and_drops_what_no_rule_lets_in(sample: str) -> None:
    rules = rules_of(sample)
    assert "type filter hook input priority filter; policy drop;" in rules
    assert [line for line in rules if line.startswith(("chain", "table"))] == [
        "table inet privatechat {",
        "chain input {",
    ]


def test_a_bare_role_lets_in_ssh_and_what_ip_needs() -> None:
    opened = [line for line in rules_of("smallest") if "dport" in line and "accept" in line]
    assert opened == [
        'ip6 saddr fe80::/10 udp sport 547 udp dport 546 counter accept comment "answers to DHCPv6"',
        'tcp dport 22 counter accept comment "administration"',
    ]


def test_each_rule_is_open_to_its_networks_only() -> None:
    rules = rules_of("largest")
    begin = rules.index(
        'ip saddr { 192.0.2.0/24, 198.51.100.7 } tcp dport 2222 counter accept comment "administration"'
    )
    assert rules[begin + 1 : begin + 9] == [
        'ip6 saddr 2001:db8::/32 tcp dport 2222 counter accept comment "administration"',
        'ip6 saddr 2001:db8:1::/48 udp dport 60000-61000 counter accept comment "a shell that survives moves"',
        'iifname "wg0" tcp flags syn tcp dport 9100 counter accept comment "metrics: the site\'s own (all)"',
        'ip saddr 203.0.113.9 meta l4proto gre counter accept comment "tunnels"',
        'tcp dport 443 counter accept comment "clients"',
        'ip saddr { 192.0.2.11, 192.0.2.12 } tcp dport 8081-8130 counter accept comment "requests"',
        'ip6 saddr 2001:db8::11 tcp dport 8081-8130 counter accept comment "requests"',
        'ip saddr 192.0.2.12 meta l4proto vrrp counter accept comment "who holds the floating address"',
    ]


def test_what_one_family_has_whole_is_said_of_it_alone() -> None:
    known = {**rendering.variables("firewall", "smallest", "13"), "firewall_management_networks": ["0.0.0.0/0"]}
    path = "roles/firewall/tasks/configure.yml"
    template = Templar(loader=DataLoader(), variables=known)
    rules = template.template(rendering.load(path)[0]["privatechat.platform.nft_table"])["rules"]
    done = aside(text_of("inet", "x", rules))
    assert 'meta nfproto ipv4 tcp dport 22 counter accept comment "administration"' in done.stdout


def test_what_was_saved_with_its_counters_can_be_brought_back() -> None:
    listed = aside(rendered("largest"), "list table inet privatechat").stdout
    again = aside(f"table inet privatechat\ndelete table inet privatechat\n{listed}", "list table inet privatechat")
    assert (again.returncode, again.stdout) == (0, listed)
