#!/usr/bin/python
# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Set what a Sentinel keeps to itself, and have it move the primary away from a member."""

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_sentinel
short_description: Set what a Sentinel keeps in the file that it rewrites itself, and move the primary
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Compares the settings that a running Sentinel holds for a group of members with what is wanted and tells it only
    what differs (C(SENTINEL SET)). Settings that are not named are left alone.
  - With O(moved_from) it orders a failover if that member is the primary in this Sentinel's eyes. It does not wait for
    the end; M(privatechat.platform.redis_replication_info) does.
extends_documentation_fragment:
  - privatechat.platform.attributes
options:
  address:
    description: Address of the Sentinel; its certificate must be valid for it.
    type: str
    required: true
  port:
    description: Port of the Sentinel.
    type: int
    default: 26379
  ca_file:
    description: File with the certificate authority of the Sentinel.
    type: path
    required: true
  username:
    description: User of the Sentinel who may administer it.
    type: str
    required: true
  password:
    description: Password of that user.
    type: str
    required: true
  group:
    description: Name under which the Sentinel knows the members.
    type: str
    required: true
  settings:
    description: Wanted settings by the names that C(SENTINEL SET) knows, such as C(quorum).
    type: dict
    default: {}
  moved_from:
    description: Address of a member that shall not be primary.
    type: str
    default: ''
"""

EXAMPLES = r"""
- name: Have two Sentinels agree before a primary counts as lost
  privatechat.platform.redis_sentinel:
    address: 192.0.2.31
    ca_file: /etc/privatechat/tls/ca.pem
    username: sentinel
    password: "{{ redis_sentinel_password }}"
    group: cache
    settings: {quorum: 2}
"""

RETURN = r"""
changes:
  description: The settings that were sent, empty when none differed.
  type: dict
  returned: success
  sample: {quorum: '2'}
failover:
  description: Whether a failover was ordered.
  type: bool
  returned: success
  sample: false
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.privatechat.platform.plugins.module_utils._redis import RedisClient, RedisError, pairs
from ansible_collections.privatechat.platform.plugins.module_utils._replication import normal


def plan(current: dict[str, str], wanted: dict[str, Any]) -> dict[str, str]:
    """Return the settings to send so that current becomes wanted; empty when nothing is to be done."""
    return {name: str(value) for name, value in wanted.items() if current.get(name) != str(value)}


def order_failover(client: RedisClient, group: str) -> None:
    """Order a failover; one that is under way already is as good."""
    try:
        client.say("SENTINEL", "FAILOVER", group)
    except RedisError as exc:
        if not str(exc).startswith("INPROG"):
            raise


def main() -> None:
    """Read, plan, apply unless checking, report."""
    text = {"type": "str", "required": True}
    module = AnsibleModule(
        argument_spec={
            "address": text,
            "port": {"type": "int", "default": 26379},
            "ca_file": {"type": "path", "required": True},
            "username": text,
            "password": {**text, "no_log": True},
            "group": text,
            "settings": {"type": "dict", "default": {}},
            "moved_from": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    params = module.params
    session = {name: params[name] for name in ("address", "port", "ca_file", "username", "password")}
    try:
        with RedisClient(**session) as client:
            current = pairs(client.say("SENTINEL", "MASTER", params["group"]))
            changes = plan(current, params["settings"])
            failover = bool(params["moved_from"]) and normal(current["ip"]) == normal(params["moved_from"])
            if changes and not module.check_mode:
                client.say("SENTINEL", "SET", params["group"], *[word for pair in changes.items() for word in pair])
            if failover and not module.check_mode:
                order_failover(client, params["group"])
    except RedisError as exc:
        module.fail_json(
            msg=f"Cannot manage '{params['group']}' through the Sentinel on {params['address']}: it said '{exc}'. "
            "See whether redis-sentinel.service runs there and who is primary, then run this again."
        )
    diff = {"before": {name: current.get(name) for name in changes}, "after": changes}
    module.exit_json(changed=bool(changes) or failover, changes=changes, failover=failover, diff=diff)


if __name__ == "__main__":
    main()
