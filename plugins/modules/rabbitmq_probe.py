#!/usr/bin/python
# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prove a member of a RabbitMQ cluster by sending a message through it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rabbitmq_probe
short_description: Prove that a RabbitMQ member is in its cluster and that messages pass through it
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Asks a member, over its management interface, which members run and which alarms there are, then declares a queue
    without a type, sends a message to it, receives that message, and deletes the queue.
  - It never reports a change, since nothing is left behind; a queue that could not be deleted ends by itself after a
    minute.
extends_documentation_fragment:
  - privatechat.platform.attributes.probe
  - privatechat.platform.rabbitmq
options:
  username:
    description: User with the tag V(monitoring) or V(administrator) who may make, write to and read O(queue).
    type: str
    required: true
  nodes:
    description: Names of all members that shall run.
    type: list
    elements: str
    required: true
  vhost:
    description: Virtual host in which the message is sent.
    type: str
    required: true
  queue:
    description: Name of the queue that is made for it.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Prove the queue
  privatechat.platform.rabbitmq_probe:
    url: https://192.0.2.11:15671
    ca_file: /etc/privatechat/tls/ca.pem
    username: administrator
    password: "{{ queue_administrator_password }}"
    nodes: [rabbit@data1.example.com]
    vhost: chat
    queue: verify.data1
"""

RETURN = r"""
findings:
  description: One entry for each step.
  type: list
  elements: dict
  returned: always
  sample: [{subject: queue cluster, ok: true, found: 3 of 3 members run}]
"""

import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.privatechat.platform.plugins.module_utils._http import ApiError, JsonClient

UNAVAILABLE = 503
LIFETIME_MS = 60000  # of a queue that nobody uses

Answer = tuple[bool, str]


def member(client: JsonClient, _params: dict[str, Any]) -> Answer:
    """Tell the releases and whether the member answers."""
    told = client.request("GET", "/api/overview?disable_stats=true")
    return True, f"RabbitMQ {told['rabbitmq_version']} on Erlang {told['erlang_version']}"


def cluster(client: JsonClient, params: dict[str, Any]) -> Answer:
    """Tell how many of the members run, as this one sees it."""
    found = client.request("GET", "/api/nodes?columns=name,running")
    running = [node["name"] for node in found if node.get("running")]
    missing = [name for name in params["nodes"] if name not in running]
    strange = [node["name"] for node in found if node["name"] not in params["nodes"]]
    words = f"{len(params['nodes']) - len(missing)} of {len(params['nodes'])} members run"
    words += f", not {', '.join(missing)}" if missing else ""
    words += f"; unknown: {', '.join(strange)}" if strange else ""
    return not missing and not strange, words


def alarms(client: JsonClient, _params: dict[str, Any]) -> Answer:
    """Tell which member is short of memory or disk space, where senders are made to wait."""
    try:
        client.request("GET", "/api/health/checks/alarms")
    except ApiError as exc:
        if exc.status != UNAVAILABLE or not isinstance(exc.body, dict):
            raise
        rows = [f"{row.get('resource')} on {row.get('node')}" for row in exc.body.get("alarms", [])]
        return False, ", ".join(rows) or str(exc.body.get("reason"))
    return True, "none"


def message(client: JsonClient, params: dict[str, Any]) -> Answer:
    """Send a message through a queue made for it and tell how long it took and over how many members it went."""
    vhost, queue = (quote(params[name], safe="") for name in ("vhost", "queue"))
    own, text = f"/api/queues/{vhost}/{queue}", str(uuid.uuid4())
    start = time.monotonic()
    client.request("PUT", own, {"durable": True, "arguments": {"x-expires": LIFETIME_MS}})
    try:
        sent = {"routing_key": params["queue"], "payload": text, "payload_encoding": "string"}
        exchange = f"/api/exchanges/{vhost}/amq.default/publish"
        if not client.request("POST", exchange, {**sent, "properties": {"delivery_mode": 2}})["routed"]:
            return False, "the message was accepted but reached no queue"
        wanted = {"count": 1, "ackmode": "ack_requeue_false", "encoding": "auto"}
        got = [row["payload"] for row in client.request("POST", f"{own}/get", wanted)]
        took = f"{(time.monotonic() - start) * 1000:.0f} ms"
        made = client.request("GET", f"{own}?disable_stats=true")
    finally:
        client.request("DELETE", own)
    kind, copies = made.get("type"), len(made.get("members", []))
    words = f"through a {kind} queue with {copies} {'copy' if copies == 1 else 'copies'} in {took}"
    if got != [text]:
        return False, f"what was sent {words} did not arrive"
    return kind == "quorum", words


STEPS: dict[str, Callable[[JsonClient, dict[str, Any]], Answer]] = {
    "queue member": member,
    "queue cluster": cluster,
    "queue alarms": alarms,
    "queue message": message,
}


def probe(client: JsonClient, params: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a finding for each step; none keeps the others from being tried."""
    findings = []
    for subject, step in STEPS.items():
        try:
            ok, found = step(client, params)
        except ApiError as exc:
            ok, found = False, str(exc)
        except (KeyError, TypeError) as exc:
            ok, found = False, f"the answer lacks what was asked for: {exc!r}"
        findings.append({"subject": subject, "ok": ok, "found": found})
    return findings


def main() -> None:
    """Try the member and report."""
    text = {"type": "str", "required": True}
    module = AnsibleModule(
        argument_spec={
            "url": text,
            "ca_file": {"type": "path", "required": True},
            "username": text,
            "password": {**text, "no_log": True},
            "nodes": {"type": "list", "elements": "str", "required": True},
            "vhost": text,
            "queue": text,
        },
        supports_check_mode=True,
    )
    if module.check_mode:
        module.exit_json(changed=False, findings=[])
    try:
        client = JsonClient(**{name: module.params[name] for name in ("url", "ca_file", "username", "password")})
    except ApiError as exc:
        silent = [{"subject": "queue member", "ok": False, "found": str(exc)}]
        module.fail_json(msg=f"Cannot prove the queue at {module.params['url']}: {exc}", findings=silent)
    module.exit_json(changed=False, findings=probe(client, module.params))


if __name__ == "__main__":
    main()
