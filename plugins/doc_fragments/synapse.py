# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a module reaches a Synapse chat server as one of its administrators."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the connection; which interfaces are used is said by each module."""

    DOCUMENTATION = r"""
options:
  url:
    description:
      - Address of the server's main process, such as V(http://192.0.2.31:8080). Balancers of the platform let nobody
        through to the administration interface.
    type: str
    required: true
  ca_file:
    description: File with the certificate authority of the server; without it and O(ca_pem), the system's authorities.
    type: path
  ca_pem:
    description: Text of the certificate authority in PEM format.
    type: str
  connect_address:
    description: IP address to connect to instead of asking DNS; TLS is verified against O(url) all the same.
    type: str
  username:
    description: Administrator of the server. The session that O(username) begins ends with the module.
    type: str
  password:
    description: Password of O(username).
    type: str
  access_token:
    description: Token of an administrator, in place of O(username) and O(password). It stays valid.
    type: str
  timeout:
    description:
      - Seconds that an answer may take, and that the module waits for a server that answers V(429) before it gives up.
        The server says how long to wait.
    type: int
    default: 60
  concurrency:
    description: Requests that are on their way at the same time.
    type: int
    default: 4
"""
