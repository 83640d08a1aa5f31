# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that turns what Prometheus knows into lines of the verify table."""

from __future__ import annotations

DOCUMENTATION = r"""
name: monitoring_findings
short_description: What a monitoring host knows of the platform, as findings
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Returns one finding each for what Prometheus reads, the alerts that fire, who is told of them, and the chat probe.
  - A target that is down, a critical alert, and a message that did not arrive are not well. Warnings are shown.
positional: told, members
options:
  _input:
    description: What the module M(privatechat.platform.monitoring_info) returned, in failure too.
    type: dict
    required: true
  told:
    description: Whom alerts are sent to.
    type: list
    elements: str
    required: true
  members:
    description: How many Alertmanagers tell each other whom they have told.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Report
  ansible.builtin.set_fact:
    monitoring_findings: "{{ state | privatechat.platform.monitoring_findings(['ops@example.com'], 1) }}"
"""

RETURN = r"""
_value:
  description: Findings, each with C(subject), C(ok) and C(found).
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils._monitoring import monitoring_findings


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"monitoring_findings": monitoring_findings}
