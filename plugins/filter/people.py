# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that gives people their passwords."""

from __future__ import annotations

DOCUMENTATION = r"""
name: people
short_description: Give people the passwords that are kept elsewhere
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Joins a list of people, which everybody may read, with their passwords, which are encrypted in another file, into
    what M(privatechat.platform.synapse_users) takes. A password that stands with the person comes first.
positional: passwords
options:
  _input:
    description: The people.
    type: list
    elements: dict
    required: true
  passwords:
    description: Passwords by the names of people.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Join people and passwords
  ansible.builtin.set_fact:
    users: "{{ platform_people | privatechat.platform.people(platform_people_passwords) }}"
  no_log: true
"""

RETURN = r"""
_value:
  description: The people, each with its password if there is one.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils._people import with_passwords


def people(entries: list[Mapping[str, Any]], passwords: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the people with their passwords; see plugin_utils/_people.py."""
    return with_passwords(entries, passwords)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"people": people}
