# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that numbers servers by their names."""

from __future__ import annotations

DOCUMENTATION = r"""
name: server_ids
short_description: Numbers of servers that stay the same when other servers come and go
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - HAProxy's consistent hash depends on the numbers of servers, so these come from names and not from places in a list.
  - No two names get the same number.
options:
  _input:
    description: Names of servers.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show the numbers of two servers
  ansible.builtin.debug:
    msg: "{{ ['generic1', 'generic2'] | privatechat.platform.server_ids }}"
"""

RETURN = r"""
_value:
  description: Numbers by name, each between 1 and 2^28.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils._edge import server_ids


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"server_ids": server_ids}
