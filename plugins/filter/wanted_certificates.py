# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that tells which certificates a host needs."""

from __future__ import annotations

DOCUMENTATION = r"""
name: wanted_certificates
short_description: List the certificates that a host's tiers need
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Returns a row for each certificate that the platform table gives to the tiers of the host.
  - An internal certificate is for the service's name, the host's names and address, and the host itself as
    V(localhost) and V(127.0.0.1). A public one is for the public name, the chat domain and the public address as well.
positional: host, tiers, settings
options:
  _input:
    description: The topology, as the filter P(privatechat.platform.topology#filter) returns it.
    type: dict
    required: true
  host:
    description: Inventory name of the host.
    type: str
    required: true
  tiers:
    description: The table of tiers; the rows of C(certificates) are used.
    type: dict
    required: true
  settings:
    description: The operator's settings by name.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: List this host's certificates
  ansible.builtin.debug:
    msg: >-
      {{ platform_topology
         | privatechat.platform.wanted_certificates(inventory_hostname, platform_tiers, platform_settings) }}
"""

RETURN = r"""
_value:
  description: Rows as M(privatechat.platform.host_certificates) takes them, sorted by name.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils._certificates import wanted


def wanted_certificates(
    topology: Mapping[str, Any], host: str, tiers: Mapping[str, Mapping[str, Any]], settings: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the rows of the host; see plugin_utils/_certificates.py."""
    return wanted(topology, host, tiers, settings)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"wanted_certificates": wanted_certificates}
