# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that turns HAProxy's figures into findings."""

from __future__ import annotations

DOCUMENTATION = r"""
name: balancer_findings
short_description: What HAProxy's figures say about its listeners and its public address
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Returns a finding for the loopback listeners and one for the public address, as far as the host has them.
  - A kind of requests whose processes only answer because health probes refuse all of them is a bad finding, too.
options:
  _input:
    description: HAProxy's table of figures as CSV, its header behind a number sign.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show what HAProxy says
  ansible.builtin.debug:
    msg: "{{ figures.content | privatechat.platform.balancer_findings }}"
"""

RETURN = r"""
_value:
  description: Findings, each with C(subject), C(ok) and C(found).
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils._edge import balancer_findings


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"balancer_findings": balancer_findings}
