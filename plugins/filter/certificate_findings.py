# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that judges the certificates of a host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: certificate_findings
short_description: Judge certificates by the days they have left
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Returns a finding for each certificate. It is not good when it is missing, does not fit, or has too few days left.
  - No certificates at all are no fault; a host may need none.
positional: warn_days
options:
  _input:
    description: The certificates, as M(privatechat.platform.host_certificates) returns them.
    type: list
    elements: dict
    required: true
  warn_days:
    description: Days left below which a certificate is not good.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Judge the certificates
  ansible.builtin.debug:
    msg: "{{ result.certificates | privatechat.platform.certificate_findings(14) }}"
"""

RETURN = r"""
_value:
  description: Findings with C(subject), C(ok) and C(found).
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils._certificates import finding


def certificate_findings(certificates: list[Mapping[str, Any]], warn_days: int) -> list[dict[str, Any]]:
    """Return one finding per certificate; see plugin_utils/_certificates.py."""
    return [finding(certificate, warn_days) for certificate in certificates]


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"certificate_findings": certificate_findings}
