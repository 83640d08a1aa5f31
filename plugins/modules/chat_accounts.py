#!/usr/bin/python
# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make missing accounts of the chat server, before anybody has an account to make them with."""

from __future__ import annotations

DOCUMENTATION = r"""
module: chat_accounts
short_description: Make missing accounts of a Synapse chat server
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Looks for each account and registers those that are missing with the server's shared secret (Synapse,
    docs/admin_api/register_api.md).
  - Accounts that exist are left alone, their passwords and rights too.
  - Names of deactivated accounts are left alone, too. Only the attempt to register one tells that it is taken, so check
    mode reports it as missing.
extends_documentation_fragment:
  - privatechat.platform.attributes
options:
  url:
    description: Address of the server's main process, which alone registers with the shared secret.
    type: str
    required: true
  ca_file:
    description: File with the certificate authority of O(url).
    type: path
  server_name:
    description: The chat domain, the part of a user's name after the colon.
    type: str
    required: true
  shared_secret:
    description: The server's registration shared secret.
    type: str
    required: true
  accounts:
    description: Accounts that shall exist.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The part of the user's name before the colon.
        type: str
        required: true
      password:
        description: Password of a new account.
        type: str
        required: true
      admin:
        description: Whether a new account administers the server.
        type: bool
        default: false
"""

EXAMPLES = r"""
- name: Make the administrator's account
  privatechat.platform.chat_accounts:
    url: http://192.0.2.31:8080
    server_name: example.com
    shared_secret: "{{ registration_shared_secret }}"
    accounts:
      - name: admin
        password: "{{ admin_password }}"
        admin: true
"""

RETURN = r"""
made:
  description: Accounts that were made.
  type: list
  elements: str
  returned: success
  sample: ["@admin:example.com"]
"""

import hashlib
import hmac
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.privatechat.platform.plugins.module_utils._http import ApiError, JsonClient
from ansible_collections.privatechat.platform.plugins.module_utils._synapse import (
    ADMIN_API,
    CLIENT_API,
    Synapse,
    segment,
)

REGISTER = f"{ADMIN_API}/v1/register"


def proof(secret: str, nonce: str, account: dict[str, Any]) -> str:
    """Return the HMAC-SHA1 by which the server knows that the request comes from a holder of the shared secret."""
    fields = (nonce, account["name"], account["password"], "admin" if account["admin"] else "notadmin")
    return hmac.new(secret.encode(), "\0".join(fields).encode(), hashlib.sha1).hexdigest()


def exists(server: Synapse, user: str) -> bool:
    """Tell whether the server knows the user."""
    return server.find(f"{CLIENT_API}/profile/{segment(user)}") is not None


def register(server: Synapse, secret: str, account: dict[str, Any]) -> bool:
    """Make the account; False when the name is taken though nobody has it, as a deactivated account's is."""
    nonce = server.call("GET", REGISTER)["nonce"]
    body = {
        "nonce": nonce,
        "username": account["name"],
        "password": account["password"],
        "admin": account["admin"],
        "mac": proof(secret, nonce, account),
    }
    try:
        server.call("POST", REGISTER, body)
    except ApiError as exc:
        if isinstance(exc.body, dict) and exc.body.get("errcode") == "M_USER_IN_USE":
            return False
        raise
    return True


def main() -> None:
    """Look for all accounts, make the missing ones unless checking, report."""
    account = {
        "name": {"type": "str", "required": True},
        "password": {"type": "str", "required": True, "no_log": True},
        "admin": {"type": "bool", "default": False},
    }
    module = AnsibleModule(
        argument_spec={
            "url": {"type": "str", "required": True},
            "ca_file": {"type": "path"},
            "server_name": {"type": "str", "required": True},
            "shared_secret": {"type": "str", "required": True, "no_log": True},
            "accounts": {"type": "list", "elements": "dict", "required": True, "options": account, "no_log": False},
        },
        supports_check_mode=True,
    )
    wanted = {f"@{entry['name']}:{module.params['server_name']}": entry for entry in module.params["accounts"]}
    current = ""
    try:
        server = Synapse(JsonClient(module.params["url"], ca_file=module.params["ca_file"]))
        missing = []
        for current in wanted:
            missing += [] if exists(server, current) else [current]
        taken = []
        for current in [] if module.check_mode else missing:
            taken += [] if register(server, module.params["shared_secret"], wanted[current]) else [current]
    except ApiError as exc:
        module.fail_json(msg=f"Cannot make sure that the account '{current}' exists: {exc}")
    made = [user for user in missing if user not in taken]
    diff = {"before": "", "after": "".join(f"{user}\n" for user in made)}
    module.exit_json(changed=bool(made), made=made, diff=diff)


if __name__ == "__main__":
    main()
