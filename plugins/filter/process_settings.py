# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that turns a planned Synapse process into the sections of its configuration."""

from __future__ import annotations

DOCUMENTATION = r"""
name: process_settings
short_description: Pool and caches of a Synapse process
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Returns the sections C(database) and C(caches) for one process, with its own number of sessions and with caches that
    shrink when the process takes more memory than planned.
positional: database, cache_factor
options:
  _input:
    description: A process of P(privatechat.platform.chat_plan#filter), of which C(database_connections) and
      C(memory_mb) are used.
    type: dict
    required: true
  database:
    description: The section C(database) of the configuration, without C(cp_min) and C(cp_max).
    type: dict
    required: true
  cache_factor:
    description: Factor for the size of all caches; memory limits them in any case.
    type: float
    required: true
"""

EXAMPLES = r"""
- name: Show the caches of a process
  ansible.builtin.debug:
    msg: "{{ ({'database_connections': 10, 'memory_mb': 300}
              | privatechat.platform.process_settings({'args': {}}, 1.0)).caches }}"
"""

RETURN = r"""
_value:
  description: The sections C(database) and C(caches).
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils._synapse import process_settings


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"process_settings": process_settings}
