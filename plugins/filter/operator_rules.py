# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that brings the operator's part of the firewall into the form of the platform's rules."""

from __future__ import annotations

DOCUMENTATION = r"""
name: operator_rules
short_description: Management networks and the operator's own rules in the form of the platform's rules
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Returns a rule for SSH, and the operator's rules with their sources by family.
  - Fails with one message that names every rule and network that is malformed.
positional: networks, ssh_port
options:
  _input:
    description:
      - The operator's rules with C(protocol) (C(tcp), which is the default, C(udp), or an IP protocol's number),
        C(ports) (a number or C(first-last)), C(sources) (networks, anyone when empty), C(match) (more conditions in
        nft's words) and C(purpose).
    type: list
    elements: dict
    required: true
  networks:
    description: Networks from which SSH is let in; from anywhere when empty.
    type: list
    elements: str
    required: true
  ssh_port:
    description: The port of the SSH server.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Show SSH and a rule of the operator's own
  ansible.builtin.debug:
    msg: "{{ own | privatechat.platform.operator_rules(['192.0.2.0/24'], 22) }}"
  vars:
    own:
      - {ports: 9100, sources: [198.51.100.7], purpose: metrics for the site's monitoring}
"""

RETURN = r"""
_value:
  description: Rules as P(privatechat.platform.firewall_rules#filter) returns them, with C(match).
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.privatechat.platform.plugins.plugin_utils._firewall import operator_rules as compute
from ansible_collections.privatechat.platform.plugins.plugin_utils._firewall_problems import (
    network_problems,
    rule_problems,
)


def operator_rules(extra: list[Mapping[str, Any]], networks: list[str], ssh_port: int) -> list[dict[str, Any]]:
    """Return the rules; every problem of the operator's input becomes one filter error."""
    problems = [*network_problems(networks, "firewall_management_networks"), *rule_problems(extra)]
    if problems:
        raise AnsibleFilterError(f"privatechat.platform.operator_rules: {' '.join(problems)}")
    return compute(extra, networks, ssh_port)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"operator_rules": operator_rules}
