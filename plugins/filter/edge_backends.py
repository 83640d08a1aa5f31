# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that turns the processes of the chat plan into the edge's back ends."""

from __future__ import annotations

DOCUMENTATION = r"""
name: edge_backends
short_description: Back ends of the public address from the processes of the chat server
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Returns one back end for each kind of requests, with the processes that serve it.
  - Fails with one message that names every kind that nobody serves or that is unknown, and every name that two
    processes have.
positional: kinds
options:
  _input:
    description: The processes, each with C(name), C(address), C(port) and the list C(serves) of kinds of requests.
    type: list
    elements: dict
    required: true
  kinds:
    description: All kinds of requests, each with options of its back end, which are handed on.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the back ends of a small platform
  ansible.builtin.debug:
    msg: "{{ processes | privatechat.platform.edge_backends({'sync': {'balance': 'user'}, 'main': {}}) }}"
  vars:
    processes:
      - {name: main, address: 192.0.2.31, port: 8080, serves: [main]}
      - {name: generic1, address: 192.0.2.31, port: 8081, serves: [sync]}
"""

RETURN = r"""
_value:
  description: Back ends in the order of the kinds, each with its C(name), its options and its C(servers).
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.privatechat.platform.plugins.plugin_utils._edge import EdgeError
from ansible_collections.privatechat.platform.plugins.plugin_utils._edge import edge_backends as compute


def edge_backends(processes: list[Mapping[str, Any]], kinds: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the back ends; every problem of the plan becomes one filter error."""
    try:
        return compute(processes, kinds)
    except EdgeError as exc:
        raise AnsibleFilterError(f"privatechat.platform.edge_backends: {exc}") from exc


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"edge_backends": edge_backends}
