# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that turns planned Synapse workers into the files of their configuration."""

from __future__ import annotations

DOCUMENTATION = r"""
name: worker_files
short_description: Files of Synapse workers
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Returns a file for each worker with its listeners (for what it serves, for other processes if it writes streams, for
    metrics), its pool of database sessions and its caches, and one for each process with the limits of its memory.
  - The main process listens as the shared configuration says and has a file of limits only.
positional: directory, database, cache_factor
options:
  _input:
    description: Processes of P(privatechat.platform.chat_plan#filter).
    type: list
    elements: dict
    required: true
  directory:
    description: Directory of the server's configuration; the files lie in its directory C(workers).
    type: str
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
- name: Show the files of the planned processes
  ansible.builtin.debug:
    msg: "{{ plan.processes | privatechat.platform.worker_files('/etc/matrix-synapse', database, 1.0) }}"
  vars:
    database: {name: psycopg2, args: {host: db.example.com, dbname: synapse}}
"""

RETURN = r"""
_value:
  description: Files, each with C(path) and C(content).
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils._synapse import process_files


def worker_files(
    processes: list[Mapping[str, Any]], directory: str, database: Mapping[str, Any], cache_factor: float
) -> list[dict[str, str]]:
    """Return the files of all processes; see plugin_utils/_synapse.py."""
    return process_files(processes, directory, database, cache_factor)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"worker_files": worker_files}
