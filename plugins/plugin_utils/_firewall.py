# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each host lets in: the platform's flows and the operator's own rules, in one form.

A rule is a dictionary of `protocol` (`tcp`, `udp` or an IP protocol's number), `ports` (a number, `first-last`, or
empty), the networks `ipv4` and `ipv6` it is open to, and its `purpose`; `match` holds more conditions in nft's words.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils import _flows

with contextlib.suppress(ImportError):  # _topology, from which all else is computed, tells of a missing library
    from netaddr import IPNetwork, cidr_merge

EVERYWHERE = ("0.0.0.0/0", "::/0")

Table = Mapping[str, Any]


def platform_rules(topology: Table, host: str, tiers: Table, flows: list[Table]) -> list[dict[str, Any]]:
    """Return one rule for each flow that leads to the host, without the host itself among the sources.

    A flow that then comes from nobody makes no rule, so a platform of one machine opens only what is for anyone.
    """
    own = topology["hosts"][host]
    rules = []
    for flow in flows:
        if flow["to"] not in (_flows.ALL, *own["tiers"]):
            continue
        sources = _sources(flow, topology, own["address"])
        if sources:
            protocol, ports = _flows.opening(flow, tiers)
            rules.append(rule(protocol, ports, sorted(map(IPNetwork, sources)), flow["purpose"]))
    return rules


def operator_rules(extra: list[Table], networks: list[str], ssh_port: int | str) -> list[dict[str, Any]]:
    """Return the rule for SSH from the networks, from anywhere when there are none, and the operator's own rules."""
    rules = [rule("tcp", str(ssh_port), cidr_merge([*(networks or EVERYWHERE)]), "administration")]
    for entry in extra:
        ports, match = str(entry.get("ports") or ""), str(entry.get("match") or "")
        sources = cidr_merge([*(entry.get("sources") or EVERYWHERE)])
        rules.append(rule(str(entry.get("protocol") or "tcp"), ports, sources, entry["purpose"], match))
    return rules


def rule(protocol: str, ports: str, sources: list[IPNetwork], purpose: str, match: str = "") -> dict[str, Any]:
    """Return a rule with its sources by family; none of them may lie inside another."""
    return {
        "protocol": protocol,
        "ports": ports,
        "ipv4": [_text(network) for network in sources if network.version == 4],  # noqa: PLR2004
        "ipv6": [_text(network) for network in sources if network.version == 6],  # noqa: PLR2004
        "purpose": purpose,
        "match": match,
    }


def _text(network: IPNetwork) -> str:
    return str(network.ip) if network.size == 1 else str(network.cidr)


def _sources(flow: Table, topology: Table, own_address: str) -> tuple[str, ...] | list[str]:
    if flow["from"] == _flows.ANYONE:
        return EVERYWHERE
    members = (
        list(topology["hosts"].values()) if flow["from"] == _flows.ALL else topology["tiers"][flow["from"]]["members"]
    )
    return [member["address"] for member in members if member["address"] != own_address]
