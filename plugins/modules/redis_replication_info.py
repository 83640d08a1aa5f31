#!/usr/bin/python
# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell who is primary among members of Redis, who follows in step, and whether their Sentinels agree."""

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_replication_info
short_description: Tell who is primary among members of Redis, and wait until they are in step
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Asks every member's Redis and Sentinel at the same time over verified TLS and puts their answers together. A member
    that does not answer is part of the answer, no failure. Nothing is changed.
  - Without O(in_step) it waits while members answer but do not agree on a primary that answers as one, such as during
    an election; when O(wait_seconds) are over, it returns what is most likely.
  - With O(in_step) it waits until those members are in step and their Sentinels agree, and fails when that does not
    come true in O(wait_seconds).
extends_documentation_fragment:
  - privatechat.platform.attributes.read_only
options:
  members:
    description: All members; their certificates must be valid for their addresses.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the member.
        type: str
        required: true
      address:
        description: Address of the member.
        type: str
        required: true
  access:
    description: How members are reached.
    type: dict
    required: true
    suboptions:
      port:
        description: Port of Redis.
        type: int
        default: 6379
      sentinel_port:
        description: Port of Sentinel.
        type: int
        default: 26379
      ca_file:
        description: File with the certificate authority of all members.
        type: path
        required: true
      username:
        description: User of Redis and Sentinel who may C(INFO), and ask Sentinel who is primary.
        type: str
        required: true
      password:
        description: Password of that user.
        type: str
        required: true
      group:
        description: Name under which Sentinel knows the members.
        type: str
        required: true
  in_step:
    description: Names of members that shall be primary, or follow it with their link up, with a Sentinel that agrees.
    type: list
    elements: str
    default: []
  at_least:
    description: How many of O(in_step) are enough; all of them when 0.
    type: int
    default: 0
  moved_from:
    description: Name of a member that shall not be primary.
    type: str
    default: ''
  wait_seconds:
    description: How long to wait for what is wanted.
    type: int
    default: 0
"""

EXAMPLES = r"""
- name: Wait until this member is in step
  privatechat.platform.redis_replication_info:
    members: [{name: data1, address: 192.0.2.31}, {name: data2, address: 192.0.2.32}]
    access:
      ca_file: /etc/privatechat/tls/ca.pem
      username: haproxy
      password: "{{ redis_probe_password }}"
      group: cache
    in_step: [data2]
    wait_seconds: 120
"""

RETURN = r"""
primary:
  description: The primary's C(name) and C(address); empty when nobody tells who it is.
  type: dict
  returned: success
  sample: {name: data1, address: 192.0.2.31}
proved:
  description: Whether the primary answers as one and more Sentinels name it than any other.
  type: bool
  returned: success
  sample: true
primaries:
  description: Names of all members that answer as primary.
  type: list
  elements: str
  returned: success
  sample: [data1]
in_step:
  description: Names of members that are the primary or follow it with their link up.
  type: list
  elements: str
  returned: success
  sample: [data1, data2]
agreeing:
  description: Names of members whose Sentinel names the primary and reaches enough others to elect another.
  type: list
  elements: str
  returned: success
  sample: [data1, data2]
faults:
  description: What is wrong with a member and its Sentinel, empty where nothing is, by name.
  type: dict
  returned: success
  sample: {data1: '', data2: its link to data1 is down}
members:
  description: Each member's own answer, with that of its Sentinel below C(sentinel).
  type: list
  elements: dict
  returned: success
  sample:
    - name: data1
      address: 192.0.2.31
      role: primary
      follows: ''
      link_up: false
      replicas: 1
      version: 8.0.2
      memory: 1.50M of 128.00M
      error: ''
      sentinel: {primary: 192.0.2.31, quorum: 2, reached: true, error: ''}
"""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.privatechat.platform.plugins.module_utils._redis import RedisClient
from ansible_collections.privatechat.platform.plugins.module_utils._replication import (
    member_state,
    sentinel_state,
    view,
)

PAUSE = 1  # seconds between two rounds of questions


def ask(members: list[dict[str, str]], access: dict[str, Any]) -> dict[str, Any]:
    """Return the view of all members, asked at the same time."""

    def session(member: dict[str, str], port: str) -> partial[RedisClient]:
        login = {name: access[name] for name in ("username", "password")}
        return partial(RedisClient, member["address"], access[port], access["ca_file"], **login)

    with ThreadPoolExecutor(2 * len(members) or 1) as pool:
        redis = [pool.submit(member_state, session(member, "port")) for member in members]
        sentinels = [
            pool.submit(sentinel_state, session(member, "sentinel_port"), access["group"]) for member in members
        ]
    asked = zip(members, redis, sentinels, strict=True)
    return view([{**member, **told.result(), "sentinel": agreed.result()} for member, told, agreed in asked])


def satisfied(found: dict[str, Any], params: dict[str, Any]) -> bool:
    """Tell whether what is wanted has come true."""
    if not params["in_step"]:
        return bool(found["proved"] or not found["primary"])
    good = {*params["in_step"]} & {*found["in_step"]} & {*found["agreeing"]}
    enough = params["at_least"] or len(params["in_step"])
    moved = not params["moved_from"] or (found["proved"] and found["primary"]["name"] != params["moved_from"])
    return len(good) >= enough and moved


def complaint(found: dict[str, Any], params: dict[str, Any]) -> str:
    """Return what could not be reached, what was found, and what to do."""
    number, names = params["at_least"] or len(params["in_step"]), ", ".join(params["in_step"])
    wanted = f"{number} of {names}" if number < len(params["in_step"]) else names
    elsewhere = f" behind another primary than {params['moved_from']}" if params["moved_from"] else ""
    state = [f"{name}: {fault}" for name, fault in found["faults"].items() if fault]
    state.append(f"the primary is {found['primary'].get('name', 'nobody')}")
    return (
        f"Cannot find the Redis members {wanted} in step{elsewhere} within {params['wait_seconds']} seconds: "
        f"{'; '.join(state)}. Look at the journals of redis-server.service and redis-sentinel.service there, then run "
        "this again."
    )


def main() -> None:
    """Ask until what is wanted has come true, report."""
    text = {"type": "str", "required": True}
    access = {
        "port": {"type": "int", "default": 6379},
        "sentinel_port": {"type": "int", "default": 26379},
        "ca_file": {"type": "path", "required": True},
        "username": text,
        "password": {**text, "no_log": True},
        "group": text,
    }
    module = AnsibleModule(
        argument_spec={
            "members": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {"name": text, "address": text},
            },
            "access": {"type": "dict", "required": True, "options": access},
            "in_step": {"type": "list", "elements": "str", "default": []},
            "at_least": {"type": "int", "default": 0},
            "moved_from": {"type": "str", "default": ""},
            "wait_seconds": {"type": "int", "default": 0},
        },
        supports_check_mode=True,
    )
    params = module.params
    end = time.monotonic() + params["wait_seconds"]
    found = ask(params["members"], params["access"])
    while not satisfied(found, params) and time.monotonic() < end:
        time.sleep(PAUSE)
        found = ask(params["members"], params["access"])
    if params["in_step"] and not satisfied(found, params):
        module.fail_json(msg=complaint(found, params), **found)
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
