#!/usr/bin/python
# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep any number of accounts of a chat server as they are written down."""

from __future__ import annotations

DOCUMENTATION = r"""
module: synapse_users
short_description: Keep accounts of a Synapse chat server as they are written down
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Compares all accounts with the wanted ones in one task, whatever their number, and writes only what differs, several
    requests at once.
  - Reads the server's list page by page (Synapse, docs/admin_api/user_admin_api.md, "List Accounts (V3)"). Accounts are
    asked for singly only where O(users[].threepids), O(users[].rate_limit) or O(users[].update_password=always) are
    given, since the list does not carry them.
  - Writes through "Create or modify Account", "Deactivate Account" and "Override ratelimiting for users" of the same
    page.
  - Attributes that are not given are left alone, and so are accounts that are not named, unless O(purge) is set.
    Single sign-on ids, devices and rooms are always left alone.
  - Nobody is deactivated or erased unless O(users[].state=absent), O(purge) or O(purge_erase) says so.
extends_documentation_fragment:
  - privatechat.platform.attributes
  - privatechat.platform.synapse
options:
  server_name:
    description: The chat domain, the part of a user's name after the colon.
    type: str
    required: true
  users:
    description: The accounts.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The user's name, whole or the part before the colon.
        type: str
        required: true
      state:
        description:
          - V(present) accounts are made, and put into use again where they were deactivated.
          - V(absent) accounts are deactivated, which logs their devices out, takes them out of their rooms and forgets
            password and third-party ids. The server keeps the name, so that nobody else can take it.
        type: str
        choices: [present, absent]
        default: present
      erase:
        description:
          - Whether an absent user's messages are hidden from people who join later and the profile is removed, as the
            law on data protection may demand.
        type: bool
        default: false
      locked:
        description: Whether the user is shut out for the time being; devices and rooms stay.
        type: bool
      admin:
        description: Whether the user administers the server.
        type: bool
      display_name:
        description: The name that others see, which begins and ends with no space; empty for none.
        type: str
      avatar_url:
        description: The picture that others see, as the V(mxc://) address of an uploaded file; empty for none.
        type: str
      threepids:
        description: All third-party ids of the user. Others are removed.
        type: list
        elements: dict
        suboptions:
          medium:
            description: Kind of the id.
            type: str
            choices: [email, msisdn]
            required: true
          address:
            description: The address, or the telephone number with its country code and no plus sign.
            type: str
            required: true
      password:
        description: The password. Without it a new account can be used through single sign-on only.
        type: str
      update_password:
        description:
          - V(on_create) sets the password of accounts that are made or put into use again.
          - V(always) also sets it where it is another one. Only an attempt to log in tells, so that every run logs
            the user in and out again. A changed password logs the user's devices out.
        type: str
        choices: [on_create, always]
        default: on_create
      rate_limit:
        description:
          - The user's own limit of messages in place of the server's; C({}) lifts it. Both numbers being V(0) means
            that no limit holds.
        type: dict
        suboptions:
          messages_per_second:
            description: Messages that the user may send in a second.
            type: int
          burst_count:
            description: Messages that the user may send before the limit slows them down.
            type: int
  purge:
    description:
      - Whether accounts that are not named are deactivated. Guests, administrators and O(guard) are left alone; an
        administrator goes by O(users[].state=absent) only.
    type: bool
    default: false
  purge_erase:
    description: Whether the purge also erases, as O(users[].erase) does.
    type: bool
    default: false
  purge_limit:
    description: Accounts that a purge may remove. Where it would remove more, nothing at all is changed.
    type: int
    default: 10
  guard:
    description:
      - Accounts that are never removed, as names or patterns such as V(bridge_*). Patterns that begin with V(@) are
        compared with the whole name, others with the part before the colon.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Exactly these people have accounts
  privatechat.platform.synapse_users:
    url: http://192.0.2.31:8080
    username: admin
    password: "{{ admin_password }}"
    server_name: example.com
    guard: [admin, "verify-*"]
    purge: true
    users:
      - name: alice
        display_name: Alice Liddell
        password: "{{ alice_first_password }}"
        threepids:
          - {medium: email, address: alice@example.com}
      - name: bob
        locked: true
      - name: carol
        state: absent
        erase: true
"""

RETURN = r"""
made:
  description: Accounts that were made.
  type: list
  elements: str
  returned: success
  sample: ["@alice:example.com"]
altered:
  description: Accounts of which something was changed, those that were made or removed left out.
  type: list
  elements: str
  returned: success
  sample: ["@bob:example.com"]
removed:
  description: Accounts that were deactivated or erased.
  type: list
  elements: str
  returned: success
  sample: ["@carol:example.com"]
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
from ansible_collections.privatechat.platform.plugins.module_utils._synapse_accounts import accounts, details, send
from ansible_collections.privatechat.platform.plugins.module_utils._synapse_arguments import USERS

Entries = dict[str, dict[str, Any]]


class Module(AnsibleModule):
    """Writes to the journal how many users it was called with, in place of all that is known of them."""

    def _log_invocation(self) -> None:
        # Taking ten thousand passwords out of ten thousand users takes longer than all else.
        self.log(f"Invoked with {len(self.params['users'])} users for {self.params['url']}")


def read(server: Synapse, wanted: Entries) -> users.Accounts:
    """Return all accounts, with what only single questions tell where that is wanted."""
    current = accounts(server)

    def complete(user: str) -> None:
        current[user] |= details(server, user, wanted[user], current[user])

    server.each(complete, [user for user in wanted if user in current])
    return current


def report(current: users.Accounts, patches: users.Patches) -> dict[str, Any]:
    """Return what the module tells of its changes; passwords are none of it."""
    after = users.merge(current, patches)
    removed = [user for user, patch in patches.items() if patch.get("deactivated") or patch.get("erased")]
    made = [user for user in patches if user not in current]
    others = {*made, *removed}
    before = {user: users.shown(current.get(user), patch) for user, patch in patches.items()}
    return {
        "changed": bool(patches),
        "made": made,
        "altered": [user for user in patches if user not in others],
        "removed": removed,
        "diff": {"before": before, "after": {user: users.shown(after[user], patches[user]) for user in patches}},
    }


def keep(server: Synapse, params: dict[str, Any], *, check: bool) -> dict[str, Any]:
    """Read, plan, write unless checking; return the report. ApiError where anything is refused."""
    own, guard, entries = params["server_name"], params["guard"], params["users"]
    found = users.problems(entries, own, guard, server.user_id)
    wanted = {users.full_name(entry["name"], own): entry for entry in entries}
    if found:
        raise ApiError(" ".join(found))
    current = read(server, wanted)
    removed = users.superfluous(current, wanted, [*guard, server.user_id]) if params["purge"] else []
    if refused := users.too_many(removed, params["purge_limit"]):
        raise ApiError(refused)
    patches = users.plan(current, wanted, removed, erase=params["purge_erase"])
    if not check:
        server.each(lambda user: send(server, user, patches[user], exists=user in current), patches)
    return report(current, patches)


def main() -> None:
    """Make the accounts so and report."""
    module = Module(argument_spec={**CONNECTION, **USERS}, supports_check_mode=True, **CONNECTION_RULES)
    try:
        with session(module.params) as server:
            result = keep(server, module.params, check=module.check_mode)
    except ApiError as exc:
        result = {"failed": True, "msg": f"Cannot manage the users of the chat server: {exc}"}
    # To tell them back without their passwords would take as long.
    module.params["users"] = f"{len(module.params['users'])} users"
    (module.fail_json if "failed" in result else module.exit_json)(**result)


if __name__ == "__main__":
    main()
