# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the operator's word on who comes in: networks of administrators and visitors, own rules."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils import _flows

with contextlib.suppress(ImportError):  # _topology tells of a missing library
    from netaddr import AddrFormatError, IPAddress, IPNetwork

NETWORKS, RULES = "platform_management_networks", "firewall_extra_rules"
MONITORING_NETWORKS = "platform_monitoring_networks"
KEYS = ("protocol", "ports", "sources", "match", "purpose")
LAST_PROTOCOL = 255
# A comment that nft keeps, and what stays within its line.
_PURPOSE = re.compile(r'[^"\\\x00-\x1f]{1,100}$')
_MATCH = re.compile(r"[^;#{}\x00-\x1f]*(?:\{[^;#{}\x00-\x1f]*\}[^;#{}\x00-\x1f]*)*$")

Table = Mapping[str, Any]


def problems(asked: list[str], hosts: Mapping[str, Table], settings: Table) -> list[str]:
    """Return what would be refused on the hosts that were asked, or cut off this run; each sentence once.

    `hosts` holds the variables of each host with `platform_machine`, the answer of machine_info.
    """
    networks = settings.get(NETWORKS) or []
    found = [*network_problems(networks, NETWORKS)]
    if not found and networks:
        found += _control_problems(asked, hosts, networks)
    found += network_problems(settings.get(MONITORING_NETWORKS) or [], MONITORING_NETWORKS)
    for name in asked:
        found += rule_problems(hosts[name].get(RULES) or [])
    return list(dict.fromkeys(found))


def network_problems(networks: Any, title: str) -> Iterator[str]:
    """Yield what is wrong with a list of networks; `title` is where it stands."""
    if isinstance(networks, str) or not isinstance(networks, list | tuple):
        yield f"{title} is '{networks}', which is no list. Write one: [192.0.2.0/24, 2001:db8::/32]."
        return
    for network in networks:
        try:
            parsed = IPNetwork(str(network))
        except (AddrFormatError, ValueError):
            yield (
                f"{title} names '{network}', which is no IPv4 or IPv6 network. Write an address, or a network with its "
                "prefix length such as 192.0.2.0/24."
            )
            continue
        if parsed.ip != parsed.network:
            yield f"{title} names '{network}', an address inside the network {parsed.cidr}. Write one of the two."


def rule_problems(rules: Any) -> Iterator[str]:
    """Yield what is wrong with the operator's own rules."""
    if isinstance(rules, str | Mapping) or not isinstance(rules, list | tuple):
        yield f"{RULES} is '{rules}', which is no list of rules."
        return
    for number, entry in enumerate(rules, start=1):
        title = f"Rule {number} of {RULES}"
        if not isinstance(entry, Mapping):
            yield f"{title} is '{entry}'. Write a dictionary with protocol, ports, sources and purpose."
            continue
        for key in entry:
            if key not in KEYS:
                yield f"{title} has the unknown key '{key}'. Known: {', '.join(KEYS)}."
        yield from _opening_problems(title, entry)
        yield from network_problems(entry.get("sources") or [], f"{title}: sources")
        if not _PURPOSE.match(str(entry.get("purpose") or "")):
            yield f"{title} has no purpose of 1 to 100 characters without quotes and backslashes: say what it is for."
        if not _MATCH.match(str(entry.get("match") or "")):
            yield f"{title}: match is '{entry['match']}'. Write conditions of one line, without ; and #."


def _opening_problems(title: str, entry: Table) -> Iterator[str]:
    protocol, ports = str(entry.get("protocol") or "tcp"), entry.get("ports")
    if protocol in ("tcp", "udp"):
        if not _flows.is_ports(ports):
            yield f"{title}: ports is '{ports or ''}'. Write a number from 1 to 65535, or first-last."
    elif not (protocol.isdigit() and int(protocol) <= LAST_PROTOCOL):
        yield f"{title}: protocol is '{protocol}'. Write tcp, udp, or an IP protocol's number."
    elif ports:
        yield f"{title}: ports is '{ports}', and the IP protocol {protocol} has none. Remove it."


def _control_problems(asked: list[str], hosts: Mapping[str, Table], networks: list[str]) -> Iterator[str]:
    allowed = [IPNetwork(str(network)) for network in networks]
    origins: dict[str, list[str]] = {}
    for name in asked:
        # An address of the own link carries the name of its interface.
        origin = str((hosts[name].get("platform_machine") or {}).get("control_address") or "").partition("%")[0]
        if origin and not any(IPAddress(origin) in network for network in allowed):
            origins.setdefault(origin, []).append(name)
    for origin, names in origins.items():
        yield (
            f"{NETWORKS} is {', '.join(map(str, networks))}, but this run reaches {_named(names)} from {origin}, which "
            "the firewall would keep out. Add it, or run from an address that is in the list."
        )


def _named(names: list[str]) -> str:
    return f"host '{names[0]}'" if len(names) == 1 else "hosts " + ", ".join(f"'{name}'" for name in names)
