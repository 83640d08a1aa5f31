# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lookup that renders templates without a copy of all variables for each."""

from __future__ import annotations

DOCUMENTATION = r"""
name: rendered
short_description: The text of a template, made without copying all variables first
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Does what the lookup C(ansible.builtin.template) does, and takes the same options; that plugin does the work.
  - Only the deep copy that it makes of all variables of the host for each template is left out. Where the tables of a
    platform are among them the copy takes longer than the template. So a template must not change a variable in place.
options:
  _terms:
    description: Names of templates, looked for as ansible.builtin.template does.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Write the proxy's configuration
  privatechat.platform.config_files:
    files:
      - path: /etc/haproxy/conf.d/base.cfg
        content: "{{ lookup('privatechat.platform.rendered', 'base.cfg.j2') }}"
"""

RETURN = r"""
_raw:
  description: The text of each template.
  type: list
  elements: str
"""

from typing import Any

from ansible.plugins.loader import lookup_loader
from ansible.plugins.lookup import LookupBase


class Shared(dict[str, Any]):
    """Variables whose deep copy is another dictionary with the same values."""

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        """Return the copy that a template may add names to."""
        return dict(self)


class LookupModule(LookupBase):
    """Ansible's entry point."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **options: Any) -> list[str]:
        """Return the text of each template."""
        template = lookup_loader.get("ansible.builtin.template", loader=self._loader, templar=self._templar)
        rendered: list[str] = template.run(terms, variables=Shared(variables or {}), **options)
        return rendered
