#!/usr/bin/python
# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name (supports_check_mode=True there), which does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: sshd_settings
short_description: Give sshd settings that stay only when a new connection gets in with them
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Has sshd check the file; one that it refuses is not written, and sshd's words are the error.
  - Otherwise the file is written and sshd reloaded, while the host waits for 60 seconds to be told over a connection
    made anew with the new settings that they may stay. If it is not told, it goes back to what it had by itself, and
    the task fails.
  - A host that loses power before comes up with the former file.
  - Sessions that are open are left alone, as are other files of sshd.
  - sshd takes the first value that it reads of a keyword. The file has to come before others that set the same.
extends_documentation_fragment:
  - privatechat.platform.attributes
options:
  path:
    description: The file, one that the host's V(/etc/ssh/sshd_config) includes.
    type: path
    required: true
  content:
    description: The text of the file; shown in diffs.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Let nobody in with a password
  privatechat.platform.sshd_settings:
    path: /etc/ssh/sshd_config.d/00-example.conf
    content: |
      PasswordAuthentication no
      AuthenticationMethods publickey
"""

RETURN = r"""
changed_paths:
  description: The file, when it was changed or would be.
  type: list
  elements: str
  returned: success
  sample: [/etc/ssh/sshd_config.d/00-example.conf]
"""
