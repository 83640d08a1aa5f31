# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that hashes a password the same way on every run."""

from __future__ import annotations

DOCUMENTATION = r"""
name: bcrypt_hash
short_description: The bcrypt hash of a password, the same on every run
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Returns the hash that a server compares a user's password with. The salt is derived from password and user, so that
    a file that holds the hash changes only when one of them does.
  - It is made by the C library of the control machine (libxcrypt), and needs no Python library.
positional: user
options:
  _input:
    description: The password, of 1 to 72 bytes.
    type: str
    required: true
  user:
    description: Name of the user whose password it is.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Write the users of Prometheus
  ansible.builtin.copy:
    content: "basic_auth_users: {operator: '{{ password | privatechat.platform.bcrypt_hash('operator') }}'}\n"
    dest: /etc/prometheus/web.yml
    owner: root
    group: prometheus
    mode: "0640"
"""

RETURN = r"""
_value:
  description: The hash.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.privatechat.platform.plugins.plugin_utils._bcrypt import HashError
from ansible_collections.privatechat.platform.plugins.plugin_utils._bcrypt import bcrypt_hash as compute


def bcrypt_hash(password: str, user: str) -> str:
    """Return the hash; what hinders it becomes a filter error without the password."""
    try:
        return compute(password, user)
    except HashError as exc:
        raise AnsibleFilterError(f"privatechat.platform.bcrypt_hash: {exc}") from exc


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"bcrypt_hash": bcrypt_hash}
