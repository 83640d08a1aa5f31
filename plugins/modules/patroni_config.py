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
  - After a change it waits until each running member has taken the settings, so that what a member then says of
    itself, such as that it waits for a restart, is about the new ones.
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
pending_restart:
  description: Members that use some settings only after a restart, as Patroni tells ("REST API", section "Cluster
    status endpoints"). In check mode, who waits for one now.
  type: list
  elements: str
  returned: success
  sample: [data2]
"""

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.privatechat.platform.plugins.module_utils._http import ApiError, JsonClient

# A member reads the settings in one turn of its loop and takes them at its end. Turns come every loop_wait seconds.
TURNS = 2
PAUSE = 0.5
SECONDS = 120


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


class Members:
    """The running members of the cluster, each asked over its own REST interface."""

    def __init__(self, urls: list[str], ca_file: str | None) -> None:
        """Note which turn of its loop each member has begun."""
        self.clients = {url: JsonClient(url, ca_file=ca_file, timeout=5) for url in urls}
        self.seen = {url: {self.turn(url)} for url in urls}

    def turn(self, url: str) -> int:
        """Return when the member last read the shared settings; -1 when it does not answer."""
        try:
            return int(self.clients[url].request("GET", "/patroni").get("dcs_last_seen", 0))
        except ApiError as exc:
            # A member that waits or starts says so with the status 503.
            return int(exc.body.get("dcs_last_seen", 0)) if isinstance(exc.body, dict) else -1

    def waiting(self) -> list[str]:
        """Return the members that have not begun two turns since; at the second the first one's work is done."""
        for url, seen in self.seen.items():
            seen.add(self.turn(url))
        return [url for url, seen in self.seen.items() if len(seen - {-1}) < TURNS + 1]


def await_members(client: JsonClient, ca_file: str | None) -> None:
    """Return when every running member has taken the present settings; raise ApiError when one does not in time."""
    present = client.request("GET", "/cluster")["members"]
    running = [member for member in present if member.get("state") in ("running", "streaming")]
    members = Members([member["api_url"].rpartition("/")[0] for member in running], ca_file)
    end = time.monotonic() + SECONDS
    while late := members.waiting():
        if time.monotonic() > end:
            raise ApiError(f"They were changed, but not taken within {SECONDS} s by {', '.join(late)}.")
        time.sleep(PAUSE)


def pending_restart(client: JsonClient) -> list[str]:
    """Return the members that wait for a restart, in order."""
    members = client.request("GET", "/cluster")["members"]
    return sorted(str(member["name"]) for member in members if member.get("pending_restart"))


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
            await_members(client, module.params["ca_file"])
        waiting = pending_restart(client)
    except ApiError as exc:
        module.fail_json(msg=f"Cannot manage the settings of the Patroni cluster: {exc}")
    except (KeyError, TypeError, AttributeError) as exc:
        module.fail_json(msg=f"Cannot read the settings of the Patroni cluster: it answered without {exc!r}")
    diff = {"before": current, "after": merge(current, changes)}
    module.exit_json(changed=bool(changes), changes=changes, pending_restart=waiting, diff=diff)


if __name__ == "__main__":
    main()
