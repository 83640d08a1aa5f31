# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that tells from Patroni's answer whether all members of a cluster are in step."""

from __future__ import annotations

DOCUMENTATION = r"""
name: patroni_cluster
short_description: Whether all members of a Patroni cluster are in step
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Judges the answer of Patroni's REST interface to C(GET /cluster). A cluster is complete when one member leads and
    every other one follows it on its timeline, no more than 16 MiB behind.
positional: members
options:
  _input:
    description: The answer; an empty one is that of a cluster without members.
    type: dict
    required: true
  members:
    description: Names of the members that must be there.
    type: list
    elements: str
    required: true
  synchronous:
    description: Whether one replica must be synchronous, where there is more than one member.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Ask Patroni
  ansible.builtin.uri:
    url: https://192.0.2.21:8008/cluster
  register: answer

- name: Tell how the cluster is
  ansible.builtin.debug:
    msg: "{{ (answer.json | privatechat.platform.patroni_cluster(['data1', 'data2', 'data3'])).found }}"
"""

RETURN = r"""
_value:
  description: Whether it is C(complete), its C(leader) (empty when there is not exactly one), and a text, C(found).
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils._patroni import cluster_state


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"patroni_cluster": cluster_state}
