# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that turns inventory groups into the platform's topology."""

from __future__ import annotations

DOCUMENTATION = r"""
name: topology
short_description: Compute who is where from the inventory
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Returns every tier with its members, every host with its tiers, and the public address.
  - Addresses come from inventory variables (C(platform_address), else C(ansible_host)), never from gathered facts, so
    that a run limited to some hosts computes the same.
  - Fails with one message that names every problem of the inventory and the table.
positional: hostvars, tiers, flows, settings
options:
  _input:
    description: The inventory groups, each a list of host names; usually the variable C(groups).
    type: dict
    required: true
  hostvars:
    description: Variables of each host by host name; usually the variable C(hostvars).
    type: dict
    required: true
  tiers:
    description: The table of tiers (C(minimum), C(ports), C(quorum) and more for each tier).
    type: dict
    required: true
  flows:
    description: The list of flows between tiers (C(from), C(to), C(port)).
    type: list
    elements: dict
    required: true
  settings:
    description: The operator's settings by name.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Compute the topology
  ansible.builtin.set_fact:
    platform_topology: >-
      {{ groups | privatechat.platform.topology(hostvars, platform_tiers, platform_flows, platform_settings) }}
"""

RETURN = r"""
_value:
  description: >-
    C(tiers), by tier name a dictionary with the list C(members) of C(name) and C(address);
    C(hosts), by host name its C(name), C(address), list of C(names) and list of C(tiers); C(public_address), where the
    public name leads to.
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.privatechat.platform.plugins.plugin_utils._topology import TopologyError, build_topology


def topology(
    groups: Mapping[str, list[str]],
    hostvars: Mapping[str, Mapping[str, Any]],
    tiers: Mapping[str, Mapping[str, Any]],
    flows: list[Mapping[str, Any]],
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the topology; every problem of the inventory becomes one filter error."""
    try:
        return build_topology(groups, hostvars, tiers, flows, settings)
    except TopologyError as exc:
        raise AnsibleFilterError(f"privatechat.platform.topology: {exc}") from exc


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"topology": topology}
