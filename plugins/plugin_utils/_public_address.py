# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the public name leads to: an address of the operator's, one that edges share, or the first edge's own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

with contextlib.suppress(ImportError):  # _topology, which calls this, tells of a missing library
    from netaddr import AddrFormatError, IPAddress, IPNetwork, valid_ipv4, valid_ipv6

# A network of so many addresses has none of its own.
TOO_SMALL_FOR_RESERVED = 2


def floating_address(settings: Mapping[str, Any]) -> str:
    """Return the floating address without its prefix length, empty for none."""
    return str(settings.get("platform_floating_address") or "").partition("/")[0]


def public_address(settings: Mapping[str, Any], edges: list[str]) -> str:
    """Return the operator's public address, else the floating one, else the first edge's; empty without any."""
    stated = str(settings.get("platform_public_address") or "")
    return stated or floating_address(settings) or next(iter(edges), "")


def floating_problems(settings: Mapping[str, Any], addresses: Mapping[str, str], edges: list[str]) -> Iterator[str]:
    """Yield why the edges cannot share the floating address; `addresses` holds every host's, those of edges too."""
    value = str(settings.get("platform_floating_address") or "")
    if not value:
        return
    setting = f"platform_floating_address is '{value}'"
    address, _slash, prefix = value.partition("/")
    try:
        network = IPNetwork(value if prefix.isdigit() and (valid_ipv4(address) or valid_ipv6(address)) else "")
    except (AddrFormatError, ValueError):
        yield (
            f"{setting}, which is not an address with the prefix length of its network. Set it to one such as "
            "192.0.2.10/24, or remove it."
        )
        return
    if network.size > TOO_SMALL_FOR_RESERVED and network.ip in (network.network, network.broadcast):
        meaning = "the network's own" if network.ip == network.network else "the network's broadcast"
        yield f"{setting}, which is {meaning} address. Take one of {network.cidr} that no machine has."
    for name, taken in addresses.items():
        if IPAddress(taken) == network.ip:
            yield (f"{setting}, which is the address of host '{name}'. Take one of {network.cidr} that no machine has.")
    for name in edges:
        if name in addresses:
            yield from _edge_problems(setting, network, name, IPAddress(addresses[name]))


def _edge_problems(setting: str, network: IPNetwork, name: str, address: IPAddress) -> Iterator[str]:
    if address.version != network.version:
        yield (
            f"{setting}, but edge '{name}' has the IPv{address.version} address {address}, and edges share an address "
            f"of their own family only. Set platform_address of '{name}' to its IPv{network.version} address, or take "
            "another floating address."
        )
    elif address not in network:
        yield (
            f"{setting}, but the address {address} of edge '{name}' is outside the network {network.cidr}. Take a free "
            "address of the edges' network, with its prefix length."
        )
