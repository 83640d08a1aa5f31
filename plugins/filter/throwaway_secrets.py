# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that gives a check run values for secrets that only a real run makes."""

from __future__ import annotations

DOCUMENTATION = r"""
name: throwaway_secrets
short_description: Make values that stand for secrets in a check run
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Returns a random value of the right kind for each named secret, so that templates render and certificates can be
    signed in check mode before the secrets exist. The values are kept nowhere.
positional: names
options:
  _input:
    description: The wanted secrets, as M(privatechat.platform.secrets_file) takes them.
    type: list
    elements: dict
    required: true
  names:
    description: Names of the secrets that need a value.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Stand in for secrets that a real run makes
  ansible.builtin.set_fact:
    "{{ item.key }}": "{{ item.value }}"
  loop: "{{ wanted | privatechat.platform.throwaway_secrets(result.made) | dict2items }}"
  no_log: true
"""

RETURN = r"""
_value:
  description: The values by name.
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils._secrets import make, names_of


def throwaway_secrets(rows: list[Mapping[str, Any]], names: list[str]) -> dict[str, str]:
    """Return a new value for each of the names."""
    return make(rows, set(names_of(rows)).difference(names))


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"throwaway_secrets": throwaway_secrets}
