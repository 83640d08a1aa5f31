# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be written down of users, rooms and tokens; modules and the inventory's check share it."""

from __future__ import annotations

from typing import Any

from ansible_collections.privatechat.platform.plugins.module_utils._synapse_rooms import LEVELS, ROLES

Spec = dict[str, Any]
SWITCH: Spec = {"type": "bool"}
OFF: Spec = {"type": "bool", "default": False}
TEXT: Spec = {"type": "str"}
NUMBER: Spec = {"type": "int"}
REQUIRED: Spec = {"type": "str", "required": True}
ROWS: Spec = {"type": "list", "elements": "dict"}
STATE: Spec = {"choices": ["present", "absent"], "default": "present"}

CONTACT: Spec = {"medium": {"choices": ["email", "msisdn"], "required": True}, "address": REQUIRED}
USER: Spec = {
    "name": REQUIRED,
    "state": STATE,
    "erase": OFF,
    "locked": SWITCH,
    "admin": SWITCH,
    "display_name": TEXT,
    "avatar_url": TEXT,
    "threepids": {**ROWS, "options": CONTACT},
    "password": {**TEXT, "no_log": True},
    "update_password": {"choices": ["on_create", "always"], "default": "on_create", "no_log": False},
    "rate_limit": {"type": "dict", "options": {"messages_per_second": NUMBER, "burst_count": NUMBER}},
}
USERS: Spec = {
    "server_name": REQUIRED,
    "users": {**ROWS, "required": True, "options": USER},
    "purge": OFF,
    "purge_erase": OFF,
    "purge_limit": {**NUMBER, "default": 10},
    "guard": {"type": "list", "elements": "str", "default": []},
}

MEMBER: Spec = {"name": REQUIRED, "role": {"choices": list(ROLES), "default": "member"}}
ROOM: Spec = {
    "alias": REQUIRED,
    "state": STATE,
    "space": OFF,
    "exact": OFF,
    "parent": TEXT,
    "name": TEXT,
    "topic": TEXT,
    "visibility": {"choices": ["private", "public"]},
    "join_rule": {"choices": ["invite", "public", "knock", "restricted"]},
    "encrypted": SWITCH,
    "power_levels": {"type": "dict", "options": {**dict.fromkeys(LEVELS, NUMBER), "events": {"type": "dict"}}},
    "members": {**ROWS, "options": MEMBER},
}
ROOMS: Spec = {
    "server_name": REQUIRED,
    "room_version": {**TEXT, "default": "11"},
    "rooms": {**ROWS, "required": True, "options": ROOM},
}

TOKEN: Spec = {
    "name": REQUIRED,
    "token": {**REQUIRED, "no_log": True},
    "state": STATE,
    "uses_allowed": NUMBER,
    "expires": TEXT,
}
TOKENS: Spec = {
    "tokens": {**ROWS, "required": True, "options": TOKEN, "no_log": False},
    "purge": OFF,
}
