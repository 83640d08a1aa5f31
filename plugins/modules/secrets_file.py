#!/usr/bin/python
# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name (supports_check_mode=True there), which does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: secrets_file
short_description: Make missing secrets in a file of the inventory
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Makes each wanted secret that neither the file nor the run's variables have, and appends it to the file. What the
    file holds is never changed, comments included.
  - The file is written in one step with permissions V(0600). When the run has a vault password the whole file is
    encrypted with it; a plain file found then becomes encrypted with the same content.
  - Works on the control machine and never contacts a host.
extends_documentation_fragment:
  - privatechat.platform.attributes
options:
  path:
    description: The file on the control machine; its directory is made if needed.
    type: path
    required: true
  secrets:
    description: The wanted secrets.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the variable.
        type: str
        required: true
      kind:
        description:
          - V(password) is 40 letters and digits, V(hex) 64 hexadecimal digits.
          - V(signing_key) is an ed25519 key in the form of a Matrix server's key file.
          - V(authority) is the private key of a certificate authority (P-256, ten years).
        type: str
        required: true
        choices: [password, hex, signing_key, authority]
      certificate:
        description: Name of the variable for an authority's certificate; needed for V(authority).
        type: str
      common_name:
        description: Name in an authority's certificate; needed for V(authority).
        type: str
  deployed_on:
    description: Hosts that run the platform already. If there are any, a missing file is an error, since new secrets
      would not fit their data.
    type: list
    elements: str
    default: []
  kept:
    description: Whether the file outlives the run. Where it does not, as in a job of AWX, a missing secret is an error
      and nothing is written.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Make what is missing
  privatechat.platform.secrets_file:
    path: "{{ inventory_dir }}/group_vars/all/secrets.yml"
    secrets:
      - {name: database_password, kind: password}
      - {name: ca_key, kind: authority, certificate: ca_certificate, common_name: Example authority}
  run_once: true
"""

RETURN = r"""
path:
  description: The file, symbolic links followed.
  type: str
  returned: success
  sample: /srv/inventory/group_vars/all/secrets.yml
made:
  description: Names of the secrets that were made, or would be made in check mode.
  type: list
  elements: str
  returned: success
  sample: [database_password]
encrypted:
  description: Whether the file is encrypted with a vault password.
  type: bool
  returned: success
  sample: true
load:
  description: Whether the file holds variables that this run does not know yet.
  type: bool
  returned: success
  sample: true
"""
