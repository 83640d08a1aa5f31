#!/usr/bin/python
# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep rooms and spaces of a chat server as they are written down."""

from __future__ import annotations

DOCUMENTATION = r"""
module: synapse_rooms
short_description: Keep rooms and spaces of a Synapse chat server as they are written down
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Compares rooms, which are known by their aliases, with the wanted ones and writes only what differs.
  - Reads a room's state through Synapse's docs/admin_api/rooms.md ("Room State API") and writes it as the administrator
    whom the options name, through the Matrix specification's client-server API ("Rooms", "Spaces", "Permissions"). He
    is a member of each of these rooms, with the highest power; where he is not, he takes it ("Make Room Admin API").
  - People are brought into rooms without their doing (docs/admin_api/room_membership.md). Who has left is brought back
    by the next run.
  - What is not given is left alone, and so are rooms that are not named. Messages are never touched, unless a room is
    V(absent).
  - The server slows down an administrator who changes much at once. While rooms change, the module lifts the
    administrator's own rate limit ("Override ratelimiting for users"), and puts it back at the end.
extends_documentation_fragment:
  - privatechat.platform.attributes
  - privatechat.platform.synapse
options:
  server_name:
    description: The chat domain, the part of an alias after the colon.
    type: str
    required: true
  room_version:
    description: Version of rooms that are made.
    type: str
    default: "11"
  rooms:
    description: The rooms.
    type: list
    elements: dict
    required: true
    suboptions:
      alias:
        description: The room's alias, whole or the part between V(#) and the colon.
        type: str
        required: true
      state:
        description: Whether the room shall be there. An V(absent) one is removed with all that was said in it.
        type: str
        choices: [present, absent]
        default: present
      space:
        description: Whether it is a space, which holds rooms and other spaces. A room never becomes the other kind.
        type: bool
        default: false
      parent:
        description: Alias of the space that the room is in, one of O(rooms), and in none of the others then.
        type: str
      name:
        description: Name of the room.
        type: str
      topic:
        description: Topic of the room.
        type: str
      visibility:
        description:
          - Whether the server's directory lists the room. The server's C(room_list_publication_rules) must allow it to
            the administrator who does this.
        type: str
        choices: [private, public]
      join_rule:
        description:
          - Who may join. V(restricted) is everybody who is in the space that O(rooms[].parent) names; V(invite), which
            a room has that is made, is who has been invited.
        type: str
        choices: [invite, public, knock, restricted]
      encrypted:
        description: Whether messages are encrypted end to end. It can't be undone.
        type: bool
      power_levels:
        description: The power that an action takes. Members have 0, moderators 50, administrators 100.
        type: dict
        suboptions:
          users_default:
            description: What people have who have no role.
            type: int
          events_default:
            description: Sending messages.
            type: int
          state_default:
            description: Changing the room.
            type: int
          invite:
            description: Inviting people.
            type: int
          kick:
            description: Removing people.
            type: int
          ban:
            description: Banning people.
            type: int
          redact:
            description: Removing other people's messages.
            type: int
          events:
            description: Sending events of single types, by the type's name.
            type: dict
      members:
        description: People who are in the room.
        type: list
        elements: dict
        suboptions:
          name:
            description: The user's name, whole or the part before the colon.
            type: str
            required: true
          role:
            description: What the user may do in the room. Before room version 12 an administrator can only step down
              himself (Matrix specification, "Rooms", authorization rules of version 11); to depose one is refused.
            type: str
            choices: [member, moderator, administrator]
            default: member
      exact:
        description:
          - Whether people who are not named are removed from the room, roles that are not named are taken away, and
            rooms that are not named are taken out of the space.
        type: bool
        default: false
"""

EXAMPLES = r"""
- name: The company has a space with two rooms
  privatechat.platform.synapse_rooms:
    url: http://192.0.2.31:8080
    username: admin
    password: "{{ admin_password }}"
    server_name: example.com
    rooms:
      - alias: company
        space: true
        name: The company
        members:
          - {name: alice, role: administrator}
          - name: bob
      - alias: news
        parent: company
        name: News
        join_rule: restricted
        power_levels: {events_default: 50}
        members:
          - {name: alice, role: moderator}
      - alias: board
        parent: company
        encrypted: true
        exact: true
        members:
          - {name: alice, role: administrator}
"""

RETURN = r"""
made:
  description: Rooms that were made.
  type: list
  elements: str
  returned: success
  sample: ["#news:example.com"]
altered:
  description: Rooms in which something was changed, those that were made or removed left out.
  type: list
  elements: str
  returned: success
  sample: ["#company:example.com"]
removed:
  description: Rooms that were removed.
  type: list
  elements: str
  returned: success
  sample: []
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.privatechat.platform.plugins.module_utils import _synapse_rooms as rooms
from ansible_collections.privatechat.platform.plugins.module_utils._http import ApiError
from ansible_collections.privatechat.platform.plugins.module_utils._synapse import (
    CONNECTION,
    CONNECTION_RULES,
    Synapse,
    session,
)
from ansible_collections.privatechat.platform.plugins.module_utils._synapse_arguments import ROOMS
from ansible_collections.privatechat.platform.plugins.module_utils._synapse_room_problems import problems
from ansible_collections.privatechat.platform.plugins.module_utils._synapse_room_requests import apply, read

PEOPLE = ("joined", "kicked")


def shown(room: rooms.Room | None, patch: rooms.Patch) -> dict[str, Any] | None:
    """Return what a patch touches in a room, for a diff."""
    if room is None:
        return None
    state = {" ".join(key).strip(): room["state"].get(key) for key in patch.get("state", {})}
    people = {"joined": room["joined"]} if any(name in patch for name in PEOPLE) else {}
    return {**state, **people, **({"visibility": room["visibility"]} if "visibility" in patch else {})}


def keep(server: Synapse, params: dict[str, Any], *, check: bool) -> dict[str, Any]:
    """Read, plan, write unless checking; return the report. ApiError where anything is refused."""
    given = [rooms.whole(entry, params["server_name"]) for entry in params["rooms"]]
    entries = {entry["alias"]: entry for entry in given}
    current = read(server, [alias for alias in entries if alias.endswith(f":{params['server_name']}")])
    actor, version = server.user_id, params["room_version"]
    if found := list(problems(given, current, params["server_name"], actor)):
        raise ApiError(" ".join(found))
    patches = rooms.plan(current, entries, actor, version)
    if patches and not check:
        apply(server, current, entries, patches, version)
    after = rooms.merge(current, patches, entries, actor, version)
    made = [alias for alias, patch in patches.items() if patch.get("made")]
    removed = [alias for alias, patch in patches.items() if patch.get("gone")]
    return {
        "changed": bool(patches),
        "made": made,
        "altered": [alias for alias in patches if alias not in (*made, *removed)],
        "removed": removed,
        "diff": {
            "before": {alias: shown(current.get(alias), patch) for alias, patch in patches.items()},
            "after": {alias: shown(after.get(alias), patch) for alias, patch in patches.items()},
        },
    }


def main() -> None:
    """Make the rooms so and report."""
    module = AnsibleModule(argument_spec={**CONNECTION, **ROOMS}, supports_check_mode=True, **CONNECTION_RULES)
    try:
        with session(module.params) as server:
            result = keep(server, module.params, check=module.check_mode)
    except ApiError as exc:
        module.fail_json(msg=f"Cannot manage the rooms of the chat server: {exc}")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
