# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that lists what would harm a chat server that is already there."""

from __future__ import annotations

DOCUMENTATION = r"""
name: chat_problems
short_description: What would harm the chat server
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
extends_documentation_fragment: privatechat.platform.problems
description:
  - Returns a text for each problem of the chat hosts among each other, a part of
    P(privatechat.platform.preflight_problems#filter) that a run of the chat stage alone asks as well.
  - Main and files that would move away from where the hosts have noted them are a problem, unless
    C(platform_chat_places) names the hosts; so are secrets that differ between chat hosts.
positional: hostvars, platform
options:
  platform:
    description:
      - C(tiers) and C(settings) of the platform.
      - C(asked), the names of the hosts that take part in the run.
      - C(shared_secrets), the names of the secrets that all chat hosts must hold alike. A host that takes no part and
        has none is not judged.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: List what is wrong
  ansible.builtin.debug:
    msg: "{{ groups | privatechat.platform.chat_problems(hostvars, platform) }}"
"""

RETURN = r"""
_value:
  description: The problems; empty when there are none.
  type: list
  elements: str
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils._preflight_chat import plan


def chat_problems(
    groups: Mapping[str, list[str]], hostvars: Mapping[str, Mapping[str, Any]], platform: Mapping[str, Any]
) -> list[str]:
    """Return one text for each problem; see plugin_utils/_preflight_chat.py."""
    return plan(groups, hostvars, platform)[1]


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"chat_problems": chat_problems}
