# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that tells from the primary's replication slots how its replicas are."""

from __future__ import annotations

DOCUMENTATION = r"""
name: replication_findings
short_description: Findings about replicas of a PostgreSQL primary
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Returns a finding for each replica, good when it reads from its slot and is no more than 16 MiB behind, and a bad
    one when replication shall be synchronous and no replica is.
positional: members, primary
options:
  _input:
    description:
      - Rows about physical slots, each with C(slot), C(active), C(wal_status), and of the session that reads from it
        C(state), C(sync_state) and C(lag) in bytes.
    type: list
    elements: dict
    required: true
  members:
    description: Names of all members.
    type: list
    elements: str
    required: true
  primary:
    description: Name of the member that the rows are of.
    type: str
    required: true
  synchronous:
    description: Whether one replica must be synchronous.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Tell how the replicas are
  ansible.builtin.debug:
    msg: "{{ rows | privatechat.platform.replication_findings(['data1', 'data2'], 'data1') }}"
"""

RETURN = r"""
_value:
  description: Findings, each with C(subject), C(ok) and C(found).
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils._patroni import replication_findings


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"replication_findings": replication_findings}
