#!/usr/bin/python
# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the tokens with which people register at a chat server."""

from __future__ import annotations

DOCUMENTATION = r"""
module: synapse_registration_tokens
short_description: Keep the tokens with which people register at a Synapse chat server
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Compares the server's tokens with the wanted ones and writes only what differs (Synapse,
    docs/usage/administration/admin_api/registration_tokens.md).
  - A token lets people in only where the server's configuration has registration by token switched on.
  - Whoever knows a token can register, so that results and differences show its O(tokens[].name) in its place.
extends_documentation_fragment:
  - privatechat.platform.attributes
  - privatechat.platform.synapse
options:
  tokens:
    description: The tokens.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: What the token is for. The server does not know it.
        type: str
        required: true
      token:
        description: The token, 1 to 64 letters, digits and C(. _ ~ -).
        type: str
        required: true
      state:
        description: Whether the token shall be there.
        type: str
        choices: [present, absent]
        default: present
      uses_allowed:
        description: How many accounts it makes; without it any number.
        type: int
      expires:
        description:
          - When it ends, such as V(2027-01-31T12:00:00Z); UTC where no zone is given. Without it never. A token that
            has ended is removed.
        type: str
  purge:
    description: Whether tokens that are not named are removed.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Visitors of the fair may register until it is over
  privatechat.platform.synapse_registration_tokens:
    url: http://192.0.2.31:8080
    username: admin
    password: "{{ admin_password }}"
    tokens:
      - name: fair
        token: "{{ fair_token }}"
        uses_allowed: 50
        expires: "2027-01-31T18:00:00+01:00"
"""

RETURN = r"""
made:
  description: Names of the tokens that were made.
  type: list
  elements: str
  returned: success
  sample: [fair]
altered:
  description: Names of the tokens that were changed.
  type: list
  elements: str
  returned: success
  sample: []
removed:
  description: Names of the tokens that were removed.
  type: list
  elements: str
  returned: success
  sample: [unnamed 1]
"""

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.privatechat.platform.plugins.module_utils import _synapse_tokens as tokens
from ansible_collections.privatechat.platform.plugins.module_utils._http import ApiError
from ansible_collections.privatechat.platform.plugins.module_utils._synapse import (
    ADMIN_API,
    CONNECTION,
    CONNECTION_RULES,
    Synapse,
    segment,
    session,
)
from ansible_collections.privatechat.platform.plugins.module_utils._synapse_arguments import TOKENS

PATH = f"{ADMIN_API}/v1/registration_tokens"


def read(server: Synapse) -> tokens.Tokens:
    """Return what the server keeps of each token."""
    rows = server.call("GET", PATH)["registration_tokens"]
    return {row["token"]: {name: row[name] for name in tokens.FIELDS} for row in rows}


def send(server: Synapse, token: str, state: tokens.Token | None, *, exists: bool, name: str) -> None:
    """Make, change or remove one token; its name stands for it in what goes wrong."""
    try:
        if state is None:
            server.call("DELETE", f"{PATH}/{segment(token)}")
        elif exists:
            server.call("PUT", f"{PATH}/{segment(token)}", state)
        else:
            server.call("POST", f"{PATH}/new", {"token": token, **state})
    except ApiError as exc:
        words = str(exc).replace(token, f"<{name}>")
        raise ApiError(f"the token '{name}': {words}", exc.status) from exc


def keep(server: Synapse, params: dict[str, Any], *, check: bool) -> dict[str, Any]:
    """Read, plan, write unless checking; return the report."""
    current = read(server)
    patches = tokens.plan(current, params["tokens"], int(time.time() * 1000), purge=params["purge"])
    names = tokens.labels(params["tokens"], sorted(current))
    for token, state in {} if check else patches.items():
        send(server, token, state, exists=token in current, name=names[token])
    after = tokens.merge(current, patches)
    return {
        "changed": bool(patches),
        "made": [names[token] for token in patches if token not in current],
        "altered": [names[token] for token in patches if token in current and token in after],
        "removed": [names[token] for token in patches if token not in after],
        "diff": {
            "before": {names[token]: current.get(token) for token in patches},
            "after": {names[token]: after.get(token) for token in patches},
        },
    }


def main() -> None:
    """Make the tokens so and report."""
    module = AnsibleModule(argument_spec={**CONNECTION, **TOKENS}, supports_check_mode=True, **CONNECTION_RULES)
    try:
        if found := tokens.problems(module.params["tokens"]):
            raise ApiError(" ".join(found))
        with session(module.params) as server:
            result = keep(server, module.params, check=module.check_mode)
    except ApiError as exc:
        module.fail_json(msg=f"Cannot manage the registration tokens of the chat server: {exc}")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
