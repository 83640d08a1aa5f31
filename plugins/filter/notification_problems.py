# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that judges whom alerts are sent to, and how."""

from __future__ import annotations

DOCUMENTATION = r"""
name: notification_problems
short_description: What would keep alerts from reaching their receivers
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Returns a sentence pair for each problem with the receivers of alerts, such as e-mail without a mail server, an
    address that is none, or a password that would be sent in clear. Texts tell no password, token or webhook address.
  - Nobody to tell is no problem.
options:
  _input:
    description: >-
      Inputs of the role monitoring by their names; those that are missing have the role's defaults. Used are
      C(monitoring_email_to), C(monitoring_email_from), C(monitoring_smtp_host), C(monitoring_smtp_port),
      C(monitoring_smtp_user), C(monitoring_smtp_password), C(monitoring_smtp_tls_required),
      C(monitoring_webhook_urls) and C(monitoring_webhook_token).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: List what is wrong
  ansible.builtin.debug:
    msg: "{{ receivers | privatechat.platform.notification_problems }}"
"""

RETURN = r"""
_value:
  description: The problems; empty when there are none.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils._notifications import notification_problems


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"notification_problems": notification_problems}
