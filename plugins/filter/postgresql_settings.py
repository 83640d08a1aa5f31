# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that turns what PostgreSQL may take of a machine into its settings."""

from __future__ import annotations

DOCUMENTATION = r"""
name: postgresql_settings
short_description: Settings of PostgreSQL for a machine
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Computes memory, sessions, write-ahead log, parallel workers and costs of PostgreSQL from memory, cores, kind and
    size of the disk and the number of client sessions. The source of each figure is named in the code.
  - Equal machines get equal settings. Settings that fit every machine are not part of the result.
options:
  _input:
    description:
      - C(memory_mb) and C(cores) that PostgreSQL may count on, C(disk_kind) (V(ssd) or V(hdd)), C(disk_gb) of the disk
        with its data, C(client_connections), and C(max_connections), 0 to compute it.
      - A C(max_connections) that is too low for the clients is an error.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the settings for a machine
  ansible.builtin.debug:
    msg: "{{ machine | privatechat.platform.postgresql_settings }}"
  vars:
    machine: {memory_mb: 4096, cores: 4, disk_kind: ssd, disk_gb: 100, client_connections: 120, max_connections: 0}
"""

RETURN = r"""
_value:
  description: Settings by name, as postgresql.conf takes them.
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.privatechat.platform.plugins.plugin_utils._postgresql import settings


def postgresql_settings(machine: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings; see plugin_utils/_postgresql.py."""
    try:
        return settings(machine)
    except ValueError as exc:
        raise AnsibleFilterError(str(exc)) from exc


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"postgresql_settings": postgresql_settings}
