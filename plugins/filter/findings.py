# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that turns the findings of all hosts into one table."""

from __future__ import annotations

DOCUMENTATION = r"""
name: findings
short_description: Collect what verification found on all hosts into one table
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Reads the variable C(<role>_findings) of each host, a list of dictionaries with C(subject), C(ok) and C(found).
  - A role that says nothing of a host becomes a bad row, so that silence is not taken for health; an empty list is an
    answer.
positional: hostvars, roles, more
options:
  _input:
    description: The platform's hosts by name, each with its list of C(tiers); usually C(platform_topology.hosts).
    type: dict
    required: true
  hostvars:
    description: Variables of each host by host name; usually the variable C(hostvars).
    type: dict
    required: true
  roles:
    description: Names of the roles that report, by tier; those below C(all) report on every host.
    type: dict
    required: true
  more:
    description: Findings by the name of what they are about, for what belongs to no host.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show what was found
  ansible.builtin.debug:
    msg: "{{ (platform_topology.hosts | privatechat.platform.findings(hostvars, {'redis': ['redis']})).lines }}"
"""

RETURN = r"""
_value:
  description: >-
    C(lines), the table as a list of lines with a header; C(bad), one sentence for each finding that is not as it
    shall be.
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils._findings import bad, collect, table


def findings(
    hosts: Mapping[str, Mapping[str, Any]],
    hostvars: Mapping[str, Mapping[str, Any]],
    roles: Mapping[str, list[str]],
    more: Mapping[str, list[dict[str, Any]]] | None = None,
) -> dict[str, list[str]]:
    """Return the table of all findings and the sentences about the bad ones."""
    rows = collect(hosts, hostvars, roles)
    rows += [{**finding, "where": where} for where, entries in (more or {}).items() for finding in entries]
    return {"lines": table(rows), "bad": bad(rows)}


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"findings": findings}
