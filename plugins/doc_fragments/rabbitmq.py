# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a module reaches a RabbitMQ cluster."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the connection; what the user must be allowed is said by each module."""

    DOCUMENTATION = r"""
options:
  url:
    description: Management interface of a member, such as V(https://192.0.2.11:15671).
    type: str
    required: true
  ca_file:
    description: File with the certificate authority of the server.
    type: path
    required: true
  password:
    description: Password of O(username).
    type: str
    required: true
"""
