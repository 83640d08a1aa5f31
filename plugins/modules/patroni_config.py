#!/usr/bin/python
# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manage the settings that all members of a Patroni cluster share."""

from __future__ import annotations

DOCUMENTATION = r"""
module: patroni_config
short_description: Manage the shared settings of a Patroni cluster
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Compares the cluster's dynamic configuration with what is wanted and sends the smallest patch through Patroni's
    REST interface (Patroni documentation, "REST API", section "Config endpoint").
  - Settings that are not named are left alone. A setting whose value is null is removed.
extends_documentation_fragment:
  - privatechat.platform.attributes
options:
  url:
    description: Address of a member's REST interface.
    type: str
    required: true
  ca_file:
    description: File with the certificate authority of the REST interface.
    type: path
  username:
    description: User who may change the configuration.
    type: str
    required: true
  password:
    description: Password of O(username).
    type: str
    required: true
  settings:
    description: The wanted settings, nested as Patroni shows them.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Replicate synchronously
  privatechat.platform.patroni_config:
    url: https://192.0.2.11:8008
    ca_file: /etc/privatechat/tls/ca.pem
    username: patroni
    password: "{{ restapi_password }}"
    settings:
      synchronous_mode: true
"""

RETURN = r"""
changes:
  description: The patch that was sent, empty when nothing differed.
  type: dict
  returned: success
  sample: {synchronous_mode: true}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.privatechat.platform.plugins.module_utils._http import ApiError, JsonClient


def plan(current: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the smallest patch that turns current into wanted; empty when nothing is to be done."""
    patch: dict[str, Any] = {}
    for key, value in wanted.items():
        present = current.get(key)
        if isinstance(value, dict):
            inner = plan(present if isinstance(present, dict) else {}, value)
            if inner or (value and not isinstance(present, dict)):
                patch[key] = inner
        elif present != value:
            patch[key] = value
    return patch


def merge(current: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """Return what Patroni holds after the patch: dictionaries are merged, null removes."""
    merged = {key: value for key, value in current.items() if not (key in patch and patch[key] is None)}
    for key, value in patch.items():
        if isinstance(value, dict):
            present = current.get(key)
            merged[key] = merge(present if isinstance(present, dict) else {}, value)
        elif value is not None:
            merged[key] = value
    return merged


def main() -> None:
    """Read, plan, apply unless checking, report."""
    module = AnsibleModule(
        argument_spec={
            "url": {"type": "str", "required": True},
            "ca_file": {"type": "path"},
            "username": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True},
            "settings": {"type": "dict", "required": True},
        },
        supports_check_mode=True,
    )
    names = ("url", "ca_file", "username", "password")
    try:
        client = JsonClient(**{name: module.params[name] for name in names})
        current = client.request("GET", "/config")
        changes = plan(current, module.params["settings"])
        if changes and not module.check_mode:
            client.request("PATCH", "/config", changes)
    except ApiError as exc:
        module.fail_json(msg=f"Cannot manage the settings of the Patroni cluster: {exc}")
    diff = {"before": current, "after": merge(current, changes)}
    module.exit_json(changed=bool(changes), changes=changes, diff=diff)


if __name__ == "__main__":
    main()
