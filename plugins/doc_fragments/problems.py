# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What filters that judge the inventory are given, and what they return."""

from __future__ import annotations


class ModuleDocFragment:
    """The inventory, and the problems; what each filter wants of the platform is said by itself."""

    DOCUMENTATION = r"""
options:
  _input:
    description: The inventory groups, usually the variable C(groups).
    type: dict
    required: true
  hostvars:
    description: Variables of each host, usually the variable C(hostvars), with facts.
    type: dict
    required: true
"""
