# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that lists everything that would keep the platform from running."""

from __future__ import annotations

DOCUMENTATION = r"""
name: preflight_problems
short_description: List every problem of inventory and hosts
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
extends_documentation_fragment: privatechat.platform.problems
description:
  - Judges the inventory, the operator's settings, the files on the control machine, and what the hosts told of
    themselves. Each problem is a text that says what is wrong, with what, what was found and what to do.
  - A host that could not be asked is a problem itself.
  - The variable C(platform_machine) of each host is the registered answer of M(privatechat.platform.machine_info).
positional: hostvars, platform
options:
  platform:
    description:
      - C(tiers), C(flows) and C(settings) of the platform.
      - C(asked), the names of the hosts that were asked; others are not judged.
      - C(began) and C(ended), the times in seconds since 1970 between which the hosts were asked.
      - C(secrets_file), the path of the inventory's secrets, and C(lost_secrets), the names of those that are missing
        where none can be kept; may be left out.
      - C(shared_secrets), the names of the secrets that all chat hosts must hold alike. A host that was not asked and
        has none is not judged.
      - C(certificate) and C(key), the texts of the operator's own certificate; empty when a file cannot be read.
      - C(connections), the sessions that all clients of the database may open, and C(max_connections), the operator's
        own limit of them, 0 for none; both may be left out.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: List what is wrong
  ansible.builtin.debug:
    msg: "{{ groups | privatechat.platform.preflight_problems(hostvars, platform) }}"
"""

RETURN = r"""
_value:
  description: The problems; empty when there are none.
  type: list
  elements: str
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils._preflight import problems


def preflight_problems(
    groups: Mapping[str, list[str]], hostvars: Mapping[str, Mapping[str, Any]], platform: Mapping[str, Any]
) -> list[str]:
    """Return one text for each problem; see plugin_utils/_preflight.py."""
    return problems(groups, hostvars, platform)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"preflight_problems": preflight_problems}
