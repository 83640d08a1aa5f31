#!/usr/bin/python
# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the virtual hosts, users, permissions and policies of a RabbitMQ cluster as they are written down."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rabbitmq_definitions
short_description: Keep virtual hosts, users, permissions and policies of a RabbitMQ cluster
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Compares all of them at once with what is wanted, over the management interface of one member, and writes only
    what differs. Passwords are compared with the stored hashes and sent as hashes.
  - Users, permissions and policies that are not named are removed, the user V(guest) among them.
  - Virtual hosts that are not named are left alone, since they may hold messages. So are queues, exchanges, bindings
    and parameters.
  - RabbitMQ 3.10 gives its default queue type to a new virtual host only. One without any queue is made anew for it;
    one with queues is an error.
extends_documentation_fragment:
  - privatechat.platform.attributes
  - privatechat.platform.rabbitmq
options:
  username:
    description: User with the tag V(administrator); one of O(users).
    type: str
    required: true
  vhosts:
    description: Virtual hosts that shall exist. A queue that is declared without a type gets the one named here.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the virtual host.
        type: str
        required: true
      default_queue_type:
        description: Type of queues that are declared without one.
        type: str
        choices: [quorum, classic, stream]
        default: quorum
  users:
    description: All users that shall exist, and what they may do.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the user.
        type: str
        required: true
      password:
        description: Password of the user.
        type: str
        required: true
      tags:
        description: What the user may do in the management interface.
        type: list
        elements: str
        default: []
      permissions:
        description: Patterns of the queues and exchanges that the user may make, write to and read, for each vhost.
        type: list
        elements: dict
        default: []
        suboptions:
          vhost:
            description: Virtual host for which they hold.
            type: str
            required: true
          configure:
            description: What the user may make and delete.
            type: str
            default: ""
          write:
            description: Where the user may send to.
            type: str
            default: ""
          read:
            description: What the user may receive from.
            type: str
            default: ""
  policies:
    description: All policies that shall exist.
    type: list
    elements: dict
    default: []
    suboptions:
      vhost:
        description: Virtual host of the policy.
        type: str
        required: true
      name:
        description: Name of the policy, unique in its virtual host.
        type: str
        required: true
      pattern:
        description: Pattern of the queues or exchanges that the policy is for.
        type: str
        required: true
      definition:
        description: The settings.
        type: dict
        required: true
      apply_to:
        description: Kind of objects that the policy is for.
        type: str
        choices: [all, queues, classic_queues, quorum_queues, streams, exchanges]
        default: queues
      priority:
        description: The policy with the highest number counts where several fit.
        type: int
        default: 0
"""

EXAMPLES = r"""
- name: Keep the queue's users
  privatechat.platform.rabbitmq_definitions:
    url: https://192.0.2.11:15671
    ca_file: /etc/privatechat/tls/ca.pem
    username: administrator
    password: "{{ queue_administrator_password }}"
    vhosts:
      - name: chat
    users:
      - name: administrator
        password: "{{ queue_administrator_password }}"
        tags: [administrator]
      - name: worker
        password: "{{ queue_worker_password }}"
        permissions:
          - {vhost: chat, configure: .*, write: .*, read: .*}
"""

RETURN = r"""
requests:
  description: What was sent, or would be in check mode, in this order.
  type: list
  elements: str
  returned: success
  sample: [PUT /users/worker, DELETE /users/guest]
"""

import base64
import hashlib
import os
from typing import Any
from urllib.parse import quote

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.privatechat.platform.plugins.module_utils._http import ApiError, JsonClient

SALT_BYTES = 4
ALGORITHM = "rabbit_password_hashing_sha256"
# Objects by the path under which the interface keeps them.
State = dict[str, dict[str, Any]]
Request = tuple[str, str, Any]


def path(*names: str) -> str:
    """Return the path of an object, whatever characters its names have."""
    return "/" + "/".join(quote(name, safe="") for name in names)


def hashed(password: str, salt: bytes) -> str:
    """Return the hash that RabbitMQ keeps of a password."""
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def hash_of(password: str, stored: dict[str, Any]) -> str:
    """Return the stored hash when it is one of the password, else a new one."""
    if stored.get("hashing_algorithm") == ALGORITHM:
        salt = base64.b64decode(stored["password_hash"])[:SALT_BYTES]
        if hashed(password, salt) == stored["password_hash"]:
            return str(stored["password_hash"])
    return hashed(password, os.urandom(SALT_BYTES))


def words(tags: list[str] | str) -> list[str]:
    """Return tags in order; some releases list them, others join them by commas."""
    return sorted(tags.split(",") if isinstance(tags, str) and tags else list(tags))


def observe(client: JsonClient) -> State:
    """Return what the cluster has."""
    state: State = {}
    for found in client.request("GET", "/api/vhosts?disable_stats=true"):
        kind = found.get("default_queue_type") or found.get("metadata", {}).get("default_queue_type")
        state[path("vhosts", found["name"])] = {"default_queue_type": kind}
    for found in client.request("GET", "/api/users"):
        body = {key: found[key] for key in ("password_hash", "hashing_algorithm")}
        state[path("users", found["name"])] = {**body, "tags": words(found["tags"])}
    for found in client.request("GET", "/api/permissions"):
        body = {key: found[key] for key in ("configure", "write", "read")}
        state[path("permissions", found["vhost"], found["user"])] = body
    for found in client.request("GET", "/api/policies"):
        body = {key: found[key] for key in ("pattern", "definition", "apply-to", "priority")}
        state[path("policies", found["vhost"], found["name"])] = body
    return state


def wish(params: dict[str, Any], current: State) -> State:
    """Return what the cluster shall have; hashes of passwords that are right already stay the same."""
    state: State = {}
    for vhost in params["vhosts"]:
        state[path("vhosts", vhost["name"])] = {"default_queue_type": vhost["default_queue_type"]}
    for user in params["users"]:
        own = path("users", user["name"])
        word = hash_of(user["password"], current.get(own, {}))
        state[own] = {"password_hash": word, "hashing_algorithm": ALGORITHM, "tags": words(user["tags"])}
    for user in params["users"]:
        for allowed in user["permissions"]:
            body = {key: allowed[key] for key in ("configure", "write", "read")}
            state[path("permissions", allowed["vhost"], user["name"])] = body
    for policy in params["policies"]:
        body = {key: policy[key] for key in ("pattern", "definition", "priority")}
        state[path("policies", policy["vhost"], policy["name"])] = {**body, "apply-to": policy["apply_to"]}
    return state


def plan(current: State, wanted: State) -> list[Request]:
    """Return the fewest requests that turn current into wanted; virtual hosts are never removed."""
    put: list[Request] = [("PUT", name, body) for name, body in wanted.items() if current.get(name) != body]
    gone = [name for name in current if name not in wanted and not name.startswith("/vhosts/")]
    users = {name.removeprefix("/users/") for name in gone if name.startswith("/users/")}
    # A user's permissions go with the user.
    implied = {name for name in gone if name.startswith("/permissions/") and name.rpartition("/")[2] in users}
    return put + [("DELETE", name, None) for name in gone if name not in implied]


def send(client: JsonClient, requests: list[Request]) -> None:
    """Carry the requests out, in the words that each release understands."""
    for method, name, body in requests:
        told = dict(body) if body else None
        if told and "default_queue_type" in told:
            # RabbitMQ 3.10 knows it under another name.
            told["defaultqueuetype"] = told["default_queue_type"]
        if told and "tags" in told:
            told["tags"] = ",".join(told["tags"])
        client.request(method, f"/api{name}", told)


def carry_out(client: JsonClient, requests: list[Request], wanted: State) -> list[Request]:
    """Send requests; make anew a virtual host that keeps the queue type it was made with. Return what was sent."""
    send(client, requests)
    written = [name for _method, name, _body in requests if name.startswith("/vhosts/")]
    current = observe(client) if written else {}
    # RabbitMQ 3.10 gives the type to new ones only, and makes one without it at its first start.
    old: list[Request] = [("DELETE", name, None) for name in written if current[name] != wanted[name]]
    for _method, name, _body in old:
        queues = client.request("GET", f"/api/queues{name.removeprefix('/vhosts')}")
        if queues:
            raise ApiError(
                f"this release gives no other default queue type to {name}, which has {len(queues)} queue(s). "
                "Empty and delete these, or use a virtual host of another name."
            )
    send(client, old)
    rest = plan(observe(client), wanted) if old else []
    send(client, rest)
    return [*requests, *old, *rest]


def shown(state: State, other: State) -> State:
    """Return the state without secrets, for a diff with the other one."""
    masked: State = {}
    for name, body in state.items():
        same = body.get("password_hash") == other.get(name, {}).get("password_hash")
        hidden = {"password_hash": "a hash" if same else "another hash"} if "password_hash" in body else {}
        masked[name] = {**body, **hidden}
    return masked


def arguments() -> dict[str, Any]:
    """Return what the module takes."""
    text = {"type": "str", "required": True}
    secret = {**text, "no_log": True}
    pattern = {"type": "str", "default": ""}
    rows = {"type": "list", "elements": "dict"}
    vhost = {"name": text, "default_queue_type": {"default": "quorum", "choices": ["quorum", "classic", "stream"]}}
    permission = {"vhost": text, "configure": pattern, "write": pattern, "read": pattern}
    user = {
        "name": text,
        "password": secret,
        "tags": {"type": "list", "elements": "str", "default": []},
        "permissions": {**rows, "default": [], "options": permission},
    }
    kinds = ["all", "queues", "classic_queues", "quorum_queues", "streams", "exchanges"]
    policy = {
        **dict.fromkeys(("vhost", "name", "pattern"), text),
        "definition": {"type": "dict", "required": True},
        "apply_to": {"default": "queues", "choices": kinds},
        "priority": {"type": "int", "default": 0},
    }
    return {
        "url": text,
        "ca_file": {"type": "path", "required": True},
        "username": text,
        "password": secret,
        "vhosts": {**rows, "required": True, "options": vhost},
        "users": {**rows, "required": True, "options": user},
        "policies": {**rows, "default": [], "options": policy},
    }


def main() -> None:
    """Read, plan, write, report."""
    module = AnsibleModule(argument_spec=arguments(), supports_check_mode=True)
    params = module.params
    if params["username"] not in [user["name"] for user in params["users"]]:
        module.fail_json(
            msg=f"Cannot manage the users of RabbitMQ: '{params['username']}', who does it, is not among the users "
            "and would be removed. Add it to them."
        )
    try:
        client = JsonClient(**{name: params[name] for name in ("url", "ca_file", "username", "password")})
        current = observe(client)
        wanted = wish(params, current)
        requests = plan(current, wanted)
        sent = requests if module.check_mode else carry_out(client, requests, wanted)
    except ApiError as exc:
        module.fail_json(msg=f"Cannot manage the definitions of RabbitMQ: {exc}")
    removed = [name for method, name, _body in requests if method == "DELETE"]
    after = {name: body for name, body in {**current, **wanted}.items() if name not in removed}
    diff = {"before": shown(current, after), "after": shown(after, after)}
    told = [f"{method} {name}" for method, name, _body in sent]
    module.exit_json(changed=bool(requests), requests=told, diff=diff)


if __name__ == "__main__":
    main()
