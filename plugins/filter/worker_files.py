# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that turns a list of Synapse workers into their configuration files."""

from __future__ import annotations

DOCUMENTATION = r"""
name: worker_files
short_description: Configuration files of Synapse workers
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Returns a file for each worker, with a listener for clients and servers and one for replication.
positional: directory, address
options:
  _input:
    description: The workers, each with C(name), C(port) and C(replication_port).
    type: list
    elements: dict
    required: true
  directory:
    description: Directory of the server's configuration; the files lie in its directory C(workers).
    type: str
    required: true
  address:
    description: Address on which the workers listen.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show the files of one worker
  ansible.builtin.debug:
    msg: "{{ workers | privatechat.platform.worker_files('/etc/matrix-synapse', '192.0.2.31') }}"
  vars:
    workers:
      - {name: generic1, port: 8081, replication_port: 9081}
"""

RETURN = r"""
_value:
  description: Files, each with C(path) and C(content).
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils._synapse import worker_files


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"worker_files": worker_files}
