# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is where: topology computed from the inventory and the platform table, and everything wrong with the two."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils._flows import flow_problems
from ansible_collections.privatechat.platform.plugins.plugin_utils._public_address import (
    floating_problems,
    public_address,
)

try:
    from netaddr import AddrFormatError, IPAddress, valid_ipv4, valid_ipv6

    MISSING_LIBRARY = ""
except ImportError as exc:
    MISSING_LIBRARY = f"The control machine lacks the Python library netaddr ({exc}). Install it beside ansible-core."

# The tier whose first member has the public address when nothing else does.
EDGE = "edge"
# A host name of RFC 1123, section 2.1: labels of letters, digits and inner hyphens.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*$")


class TopologyError(Exception):
    """The inventory and the platform table do not describe a platform; the text names every problem."""


def build_topology(
    groups: Mapping[str, list[str]],
    hostvars: Mapping[str, Mapping[str, Any]],
    tiers: Mapping[str, Mapping[str, Any]],
    flows: list[Mapping[str, Any]],
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    """Return tiers with their members, hosts with their tiers, and the public address; every host computes the same.

    Raises TopologyError naming all problems at once.
    """
    problems = inventory_problems(groups, hostvars, tiers, flows, settings)
    if problems:
        raise TopologyError(" ".join(problems))
    members = {tier: [_member(name, hostvars) for name in sorted(groups.get(tier, []))] for tier in tiers}
    domain = settings["platform_internal_domain"]
    hosts: dict[str, Any] = {}
    for tier, found in members.items():
        for member in found:
            host = {**member, "names": [member["name"], f"{member['name']}.{domain}"], "tiers": []}
            hosts.setdefault(member["name"], host)["tiers"].append(tier)
    return {
        "tiers": {tier: {"members": found} for tier, found in members.items()},
        "hosts": dict(sorted(hosts.items())),
        "public_address": public_address(settings, [edge["address"] for edge in members.get(EDGE, [])]),
    }


def inventory_problems(
    groups: Mapping[str, list[str]],
    hostvars: Mapping[str, Mapping[str, Any]],
    tiers: Mapping[str, Mapping[str, Any]],
    flows: list[Mapping[str, Any]],
    settings: Mapping[str, Any],
) -> list[str]:
    """Return one sentence pair for each problem, empty when the inventory describes a platform."""
    if MISSING_LIBRARY:
        return [MISSING_LIBRARY]
    used = sorted({name for tier in tiers for name in groups.get(tier, [])})
    return [
        *_setting_problems(settings),
        *_member_problems(groups, tiers),
        *_address_problems(used, hostvars),
        *floating_problems(settings, _addresses(used, hostvars), sorted(groups.get(EDGE, []))),
        *flow_problems(tiers, flows),
    ]


def address_of(name: str, variables: Mapping[str, Any]) -> str:
    """Return the address other hosts use for this one: platform_address, else ansible_host, else its name."""
    return str(variables.get("platform_address") or variables.get("ansible_host") or name)


def is_address(text: str) -> bool:
    """Tell whether the text is one IPv4 address in four parts or one IPv6 address."""
    return bool(valid_ipv4(text) or valid_ipv6(text))


def is_host_name(text: str) -> bool:
    """Tell whether the text is a host name of RFC 1123 with at least two labels and is no address."""
    return "." in text and not is_address(text) and bool(_HOST_NAME.match(text))


def _member(name: str, hostvars: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {"name": name, "address": str(IPAddress(address_of(name, hostvars[name])))}


def _setting_problems(settings: Mapping[str, Any]) -> Iterator[str]:
    for name, meaning in (
        ("platform_chat_domain", "the domain in users' names, such as example.com"),
        ("platform_public_name", "the host name that clients connect to, such as chat.example.com"),
    ):
        value = str(settings.get(name) or "")
        if not value:
            yield f"{name} is not set. Set it in the inventory to {meaning}."
        elif not is_host_name(value):
            yield f"{name} is '{value}', which is not a host name. Set it to {meaning}."
    source = settings.get("platform_certificate_source")
    if source not in ("internal", "provided"):
        yield f"platform_certificate_source is '{source}'. Set it to 'internal' or 'provided'."
    public = str(settings.get("platform_public_address") or "")
    if public and not is_address(public):
        yield f"platform_public_address is '{public}', which is not an IPv4 or IPv6 address. Correct it or remove it."
    users = str(settings.get("platform_users"))
    if not users.isdigit() or int(users) < 1:
        yield f"platform_users is '{users}'. Set it to the number of users to serve, 1 or more."


def _member_problems(groups: Mapping[str, list[str]], tiers: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for tier, rules in tiers.items():
        count = len(groups.get(tier, []))
        if count < rules["minimum"]:
            yield (
                f"The inventory group '{tier}' has {count} hosts, the tier needs at least {rules['minimum']}. "
                f"Add hosts to the group '{tier}'."
            )
        elif rules.get("quorum") and count % 2 == 0:
            yield (
                f"The inventory group '{tier}' has {count} hosts; an even number survives no more failures than "
                f"{count - 1} would. Add a host to the group '{tier}' or take one out."
            )


def _address_problems(names: list[str], hostvars: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    owners: dict[str, str] = {}
    for name in names:
        address = address_of(name, hostvars[name])
        if not is_address(address):
            yield (
                f"Host '{name}' has the address '{address}', which is not an IPv4 or IPv6 address. "
                "Set ansible_host or platform_address to its address."
            )
            continue
        try:
            canonical = str(IPAddress(address))
        except AddrFormatError as exc:
            yield f"Host '{name}' has the address '{address}': {exc}. Correct ansible_host or platform_address."
            continue
        if canonical in owners:
            yield (
                f"Hosts '{owners[canonical]}' and '{name}' have the same address {canonical}. "
                "Give each host an address of its own."
            )
        owners.setdefault(canonical, name)


def _addresses(names: list[str], hostvars: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the addresses that are addresses, by host."""
    found = {name: address_of(name, hostvars[name]) for name in names}
    return {name: address for name, address in found.items() if is_address(address)}
