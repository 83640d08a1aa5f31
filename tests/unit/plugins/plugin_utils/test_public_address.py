"""The public name leads to one address, and a floating one that edges cannot share is refused with its reasons."""

from __future__ import annotations

import pytest

from ansible_collections.privatechat.platform.plugins.plugin_utils._public_address import (
    floating_address,
    floating_problems,
    public_address,
)

ADDRESSES = {"chat1": "192.0.2.21", "edge1": "192.0.2.11", "edge2": "192.0.2.12"}
ADDRESSES_6 = {"edge1": "2001:db8::11"}


def problems(value: str, **changed: str) -> list[str]:
    """Return what is wrong with the floating address when some hosts have other addresses."""
    addresses = ADDRESSES | changed
    edges = sorted(name for name in addresses if name.startswith("edge"))
    return list(floating_problems({"platform_floating_address": value}, addresses, edges))


@pytest.mark.parametrize(
    ("stated", "floating", "edges", "wanted"),
    [
        ("203.0.113.9", "192.0.2.10/24", ["192.0.2.11"], "203.0.113.9"),
        ("", "192.0.2.10/24", ["192.0.2.11"], "192.0.2.10"),
        ("", "2001:db8::10/64", ["2001:db8::11"], "2001:db8::10"),
        ("", "", ["192.0.2.11", "192.0.2.12"], "192.0.2.11"),
        ("", "", [], ""),
    ],
)
def test_the_public_address_is_the_stated_the_floating_or_the_first_edges_one(
    stated: str, floating: str, edges: list[str], wanted: str
) -> None:
    settings = {"platform_public_address": stated, "platform_floating_address": floating}
    assert public_address(settings, edges) == wanted


def test_settings_that_are_not_there_are_empty() -> None:
    assert (floating_address({}), public_address({}, ["192.0.2.11"])) == ("", "192.0.2.11")
    assert list(floating_problems({}, ADDRESSES, ["edge1"])) == []


@pytest.mark.parametrize("value", ["", "192.0.2.10/24", "192.0.2.1/16"])
def test_a_free_address_of_the_edges_network_is_fine(value: str) -> None:
    assert problems(value) == []


def test_an_ipv6_address_is_shared_by_ipv6_edges() -> None:
    assert list(floating_problems({"platform_floating_address": "2001:db8::10/64"}, ADDRESSES_6, ["edge1"])) == []


@pytest.mark.parametrize(
    ("value", "changed", "words"),
    [
        ("192.0.2.10", {}, ["'192.0.2.10', which is not an address with the prefix length", "192.0.2.10/24"]),
        ("192.0.2.10/33", {}, ["which is not an address with the prefix length"]),
        ("192.0.2/24", {}, ["which is not an address with the prefix length"]),
        ("edge.example.com/24", {}, ["which is not an address with the prefix length"]),
        ("192.0.2.0/24", {}, ["which is the network's own address", "192.0.2.0/24"]),
        ("192.0.2.255/24", {}, ["which is the network's broadcast address"]),
        ("192.0.2.12/24", {}, ["which is the address of host 'edge2'"]),
        ("192.0.2.21/24", {}, ["which is the address of host 'chat1'"]),
        (
            "192.0.2.10/24",
            {"edge2": "198.51.100.2"},
            ["198.51.100.2 of edge 'edge2' is outside the network 192.0.2.0/24"],
        ),
        ("192.0.2.10/24", {"edge2": "2001:db8::12"}, ["'edge2' has the IPv6 address 2001:db8::12", "its IPv4 address"]),
    ],
)
def test_an_address_that_edges_cannot_share_is_named_with_the_reason(
    value: str, changed: dict[str, str], words: list[str]
) -> None:
    (problem,) = problems(value, **changed)
    assert [word for word in words if word not in problem] == []
    assert value in problem


def test_every_edge_outside_is_named() -> None:
    found = problems("198.51.100.10/24")
    assert len(found) == 2
    assert "'edge1'" in found[0]
    assert "'edge2'" in found[1]


def test_hosts_that_are_no_edges_may_be_elsewhere() -> None:
    assert problems("192.0.2.10/24", chat1="198.51.100.21", ops1="2001:db8::41") == []
