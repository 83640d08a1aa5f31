# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that turns planned Synapse processes into units to run and questions to ask."""

from __future__ import annotations

DOCUMENTATION = r"""
name: process_services
short_description: Units and probes of Synapse processes
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Returns an entry for each process, with C(unit) for M(privatechat.platform.service_unit) and C(probe) for
    M(privatechat.platform.http_answers).
  - The probe asks what a process can answer from the database only; one that serves nobody is asked whether it runs.
positional: directory, restart_on, domain
options:
  _input:
    description: Processes of P(privatechat.platform.chat_plan#filter).
    type: list
    elements: dict
    required: true
  directory:
    description: Directory of the server's configuration.
    type: str
    required: true
  restart_on:
    description: Files that every process reads at start; a worker's own file is added.
    type: list
    elements: str
    required: true
  domain:
    description: The chat domain.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Run the processes of one host
  privatechat.platform.service_unit:
    units: "{{ services | map(attribute='unit') }}"
  vars:
    services: >-
      {{ processes | privatechat.platform.process_services('/etc/matrix-synapse', ['/etc/matrix-synapse/log.yaml'],
         'example.com') }}
"""

RETURN = r"""
_value:
  description: Entries, each with C(unit) and C(probe).
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils._synapse import services


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"process_services": services}
