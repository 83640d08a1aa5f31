#!/usr/bin/python
# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell which accounts a chat server has."""

from __future__ import annotations

DOCUMENTATION = r"""
module: synapse_users_info
short_description: Tell which accounts a Synapse chat server has
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Reads the server's list page by page (Synapse, docs/admin_api/user_admin_api.md, "List Accounts (V3)"), deactivated
    and locked accounts included.
extends_documentation_fragment:
  - privatechat.platform.attributes.read_only
  - privatechat.platform.synapse
options:
  names:
    description:
      - Only accounts with these names or patterns, such as V(bridge_*). Those that begin with V(@) are compared with
        the whole name, others with the part before the colon. Empty means all.
    type: list
    elements: str
    default: []
  details:
    description: Whether third-party ids and rate limits are asked for, which takes two requests for each account.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Find out who administers the server
  privatechat.platform.synapse_users_info:
    url: http://192.0.2.31:8080
    username: admin
    password: "{{ admin_password }}"
  register: accounts

- name: Show them
  ansible.builtin.debug:
    msg: "{{ accounts.users | selectattr('admin') | map(attribute='name') }}"
"""

RETURN = r"""
users:
  description: The accounts in order of their names.
  type: list
  elements: dict
  returned: success
  sample:
    - name: "@alice:example.com"
      display_name: Alice Liddell
      avatar_url: ""
      admin: false
      locked: false
      deactivated: false
      erased: false
      is_guest: false
      creation_ts: 1790000000000
      last_seen_ts: 1790000600000
      threepids: [{medium: email, address: alice@example.com}]
      rate_limit: {}
  contains:
    name:
      description: Whole name.
      type: str
    display_name:
      description: The name that others see.
      type: str
    avatar_url:
      description: The picture that others see.
      type: str
    admin:
      description: Whether the user administers the server.
      type: bool
    locked:
      description: Whether the user is shut out for the time being.
      type: bool
    deactivated:
      description: Whether nobody can use the account any more.
      type: bool
    erased:
      description: Whether the user's messages are hidden from people who join later.
      type: bool
    is_guest:
      description: Whether it is a guest's account.
      type: bool
    creation_ts:
      description: When the account was made, in milliseconds since 1970.
      type: int
    last_seen_ts:
      description: When one of the user's devices was seen last, in milliseconds since 1970; null for never.
      type: int
    threepids:
      description: Third-party ids.
      type: list
      elements: dict
      returned: with O(details)
    rate_limit:
      description: The user's own rate limit, empty where the server's holds.
      type: dict
      returned: with O(details)
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.privatechat.platform.plugins.module_utils import _synapse_users as users
from ansible_collections.privatechat.platform.plugins.module_utils._http import ApiError
from ansible_collections.privatechat.platform.plugins.module_utils._synapse import (
    CONNECTION,
    CONNECTION_RULES,
    Synapse,
    session,
)
from ansible_collections.privatechat.platform.plugins.module_utils._synapse_accounts import (
    rate_limit,
    rows,
    threepids,
)

TIMES = ("creation_ts", "last_seen_ts")


def read(server: Synapse, names: list[str], *, details: bool) -> list[dict[str, Any]]:
    """Return the accounts that the names fit, in order."""
    chosen = sorted((row for row in rows(server) if not names or users.guarded(row["name"], names)), key=by_name)

    def described(row: dict[str, Any]) -> dict[str, Any]:
        user = row["name"]
        found = {"name": user, **users.observed(row), **{name: row.get(name) for name in TIMES}}
        more = {"threepids": threepids(server, user), "rate_limit": rate_limit(server, user)} if details else {}
        return {**found, **more}

    return [found for found in server.each(described, chosen) if found]


def by_name(row: dict[str, Any]) -> str:
    """Return what accounts are ordered by."""
    return str(row["name"])


def main() -> None:
    """Read and report."""
    module = AnsibleModule(
        argument_spec={
            **CONNECTION,
            "names": {"type": "list", "elements": "str", "default": []},
            "details": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
        **CONNECTION_RULES,
    )
    try:
        with session(module.params) as server:
            found = read(server, module.params["names"], details=module.params["details"])
    except ApiError as exc:
        module.fail_json(msg=f"Cannot read the users of the chat server: {exc}")
    module.exit_json(changed=False, users=found)


if __name__ == "__main__":
    main()
