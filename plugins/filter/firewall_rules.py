# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that computes what one host lets in of the platform's flows."""

from __future__ import annotations

DOCUMENTATION = r"""
name: firewall_rules
short_description: What a host lets in, computed from the table of flows
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Returns one rule for each flow that leads to the host. Sources are the addresses of the members that open the flow,
    without the host's own, whose traffic to itself passes no other interface than the loopback one.
  - A flow that comes from nobody else makes no rule.
positional: host, tiers, flows
options:
  _input:
    description: The topology, as the filter P(privatechat.platform.topology#filter) returns it.
    type: dict
    required: true
  host:
    description: Name of the host.
    type: str
    required: true
  tiers:
    description: The table of tiers with their C(ports) and C(protocols).
    type: dict
    required: true
  flows:
    description:
      - The list of flows with C(from), C(to), C(purpose), and C(port) or C(protocol).
      - C(from) may be C(anyone), which is any address; both ends may be C(all), which is every host of the platform.
      - C(port) is a name among the target's ports, a number, or C(first-last).
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what this host lets in
  ansible.builtin.debug:
    msg: >-
      {{ platform_topology | privatechat.platform.firewall_rules(inventory_hostname, platform_tiers, platform_flows) }}
"""

RETURN = r"""
_value:
  description: >-
    Rules with C(protocol) (C(tcp) or the number of an IP protocol), C(ports) (a number, C(first-last), or empty),
    C(ipv4) and C(ipv6) (the networks that may come in) and C(purpose), in the order of the flows.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils._firewall import platform_rules


def firewall_rules(
    topology: Mapping[str, Any], host: str, tiers: Mapping[str, Any], flows: list[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the rules; see plugin_utils/_firewall.py."""
    return platform_rules(topology, host, tiers, flows)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"firewall_rules": firewall_rules}
