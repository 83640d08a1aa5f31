# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be done so that rooms are as they are wanted: pure, nothing is asked or sent here."""

from __future__ import annotations

from typing import Any

from ansible_collections.privatechat.platform.plugins.module_utils._synapse_users import full_name

# A room: id, version, visibility, members who have joined, and state by (type, key).
Room = dict[str, Any]
Rooms = dict[str, Room]
Entry = dict[str, Any]
Entries = dict[str, Entry]
Patch = dict[str, Any]

HIGHEST = 100
ROLES = {"member": None, "moderator": 50, "administrator": HIGHEST}
ENCRYPTION = {"algorithm": "m.megolm.v1.aes-sha2"}
# What a room has that is made without levels of its own (Synapse, handlers/room.py); those that are given replace all.
EVENT_LEVELS = {
    "m.room.name": 50,
    "m.room.power_levels": 100,
    "m.room.history_visibility": 100,
    "m.room.canonical_alias": 50,
    "m.room.avatar": 50,
    "m.room.tombstone": 100,
    "m.room.server_acl": 100,
    "m.room.encryption": 100,
}
LEVELS = ("users_default", "events_default", "state_default", "invite", "kick", "ban", "redact")
POWER, CHILD, PARENT = "m.room.power_levels", "m.space.child", "m.space.parent"
ALIAS = "m.room.canonical_alias"
# State that says more than what is wanted of it: other aliases, the order in a space.
KEPT = (ALIAS, CHILD)
# From this version on whoever made a room stands above all levels and is not listed (MSC4289).
SUPREME_CREATORS = 12


def full_alias(alias: str, server_name: str) -> str:
    """Return the whole alias of a room of this server, which may be given by its first part alone."""
    return alias if alias.startswith("#") else f"#{alias}:{server_name}"


def whole(entry: dict[str, Any], server_name: str) -> Entry:
    """Return an entry of the module's option with whole names."""
    parent = entry["parent"] and full_alias(entry["parent"], server_name)
    members = [{**member, "name": full_name(member["name"], server_name)} for member in entry["members"] or []]
    return {**entry, "alias": full_alias(entry["alias"], server_name), "parent": parent, "members": members}


def placeholder(alias: str) -> str:
    """Return what stands for the id of a room that is not made yet."""
    return f"!{alias}"


def resolved(value: Any, ids: dict[str, str]) -> Any:
    """Return a value with placeholders replaced by ids."""
    if isinstance(value, dict):
        return {resolved(key, ids): resolved(inner, ids) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(resolved(inner, ids) for inner in value)
    return ids.get(value, value) if isinstance(value, str) else value


def in_order(entries: Entries) -> list[str]:
    """Return the aliases, spaces before what is in them."""
    return sorted(entries, key=lambda alias: (len(ancestors(alias, entries)), alias))


def ancestors(alias: str, entries: Entries) -> list[str]:
    """Return the spaces above a room, nearest first; a circle ends with the room itself."""
    found: list[str] = []
    parent = entries[alias]["parent"]
    while parent in entries and parent not in found:
        found.append(parent)
        parent = entries[parent]["parent"]
    return found


def lists_creator(version: str) -> bool:
    """Tell whether a room of this version lists the power of who made it."""
    return not (version.isdigit() and int(version) >= SUPREME_CREATORS)


def fresh(entry: Entry, actor: str, version: str) -> Room:
    """Return what a room is when it has just been made, before anything of the entry is looked at."""
    kind = {"type": "m.space"} if entry["space"] else {}
    levels = {**EVENT_LEVELS, **({} if lists_creator(version) else {"m.room.tombstone": 150})}
    state = {("m.room.create", ""): {"room_version": version, **kind}, (POWER, ""): {"events": levels}}
    name = {"id": placeholder(entry["alias"]), "version": version, "visibility": "private"}
    return {**name, "creators": [actor], "joined": [actor], "state": state}


def power(room: Room, entry: Entry, actor: str) -> dict[str, Any]:
    """Return the wanted levels: those that are given, and those of people by their roles."""
    present = room["state"].get((POWER, ""), {})
    given = entry["power_levels"] or {}
    wanted = {**present, **{name: given[name] for name in LEVELS if given.get(name) is not None}}
    if given.get("events"):
        wanted["events"] = {**present.get("events", {}), **given["events"]}
    roles = {member["name"]: ROLES[member["role"]] for member in entry["members"] or []}
    others = {user: level for user, level in present.get("users", {}).items() if user not in roles}
    left_alone = {} if entry["exact"] else others
    people = {**left_alone, **{user: level for user, level in roles.items() if level is not None}, actor: HIGHEST}
    if not lists_creator(room["version"]):
        people = {user: level for user, level in people.items() if user not in room["creators"]}
    return {**wanted, "users": people}


def join_rule(entry: Entry, rooms: Rooms) -> dict[str, Any]:
    """Return who may join; restricted means everybody of the space that the room is in."""
    rule: dict[str, Any] = {"join_rule": entry["join_rule"]}
    if entry["join_rule"] == "restricted":
        rule["allow"] = [{"type": "m.room_membership", "room_id": id_of(entry["parent"], rooms)}]
    return rule


def id_of(alias: str, rooms: Rooms) -> str:
    """Return a room's id, or what stands for it."""
    return str(rooms[alias]["id"]) if alias in rooms else placeholder(alias)


def links(alias: str, room: Room, entries: Entries, rooms: Rooms) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the state that ties a room to the space it is in and to the rooms that are in it."""
    entry, via, found = entries[alias], [alias.partition(":")[2]], dict[tuple[str, str], dict[str, Any]]()
    others = {id_of(other, rooms): entries[other] for other in entries}
    own = [key for key, other in others.items() if other["parent"] == alias and other["state"] == "present"]
    elsewhere = [key for key, other in others.items() if other["parent"] or other["state"] == "absent"]
    if entry["parent"]:
        found[(PARENT, id_of(entry["parent"], rooms))] = {"via": via, "canonical": True}
    if entry["space"]:
        found |= {(CHILD, key): {"via": via} for key in own}

    def cut(kind: str, key: str) -> bool:
        """Tell whether a link that is not wanted goes; one that nothing is said of stays."""
        if kind == PARENT:
            return bool(entry["parent"]) and key in others
        return kind == CHILD and entry["space"] and (entry["exact"] or key in elsewhere)

    # A link without content is none.
    return {**{key: {} for key, link in room["state"].items() if link and cut(*key)}, **found}


def state_of(alias: str, room: Room, entries: Entries, rooms: Rooms, actor: str) -> dict[tuple[str, str], Any]:
    """Return the state that the room shall have, as far as anything is wanted of it."""
    entry = entries[alias]
    wanted: dict[tuple[str, str], Any] = {(ALIAS, ""): {"alias": alias}}
    if entry["name"] is not None:
        wanted[("m.room.name", "")] = {"name": entry["name"]}
    if entry["topic"] is not None:
        wanted[("m.room.topic", "")] = {"topic": entry["topic"]}
    if entry["join_rule"] is not None:
        wanted[("m.room.join_rules", "")] = join_rule(entry, rooms)
    if entry["encrypted"]:
        wanted[("m.room.encryption", "")] = ENCRYPTION
    return {**wanted, (POWER, ""): power(room, entry, actor), **links(alias, room, entries, rooms)}


def differs(present: Any, wanted: dict[str, Any]) -> bool:
    """Tell whether a piece of state lacks what is wanted; what clients have added to it is left alone."""
    if not wanted or present is None:
        return bool(wanted or present)
    return any(present.get(name) != value for name, value in wanted.items())


def completed(kind: str, present: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return what is written of a piece of state: with what others have added, where that stays true."""
    return {**(present or {}), **wanted} if wanted and kind in KEPT else wanted


def rules(room: Room, actor: str) -> bool:
    """Tell whether the actor is in the room and may do everything there."""
    supreme = not lists_creator(room["version"]) and actor in room["creators"]
    level = room["state"].get((POWER, ""), {}).get("users", {}).get(actor, 0)
    return actor in room["joined"] and (supreme or level >= HIGHEST)


def patch_of(alias: str, entries: Entries, rooms: Rooms, actor: str, version: str) -> Patch:
    """Return what has to be done for one room; empty when nothing is."""
    entry, exists = entries[alias], alias in rooms
    if entry["state"] == "absent":
        return {"gone": True} if exists else {}
    room = rooms[alias] if exists else fresh(entry, actor, version)
    patch: Patch = {} if exists else {"made": True}
    if exists and not rules(room, actor):
        patch["adopted"] = True
    present = room["state"]
    wanted = {
        key: completed(key[0], present.get(key), value)
        for key, value in state_of(alias, room, entries, rooms, actor).items()
    }
    state = {key: value for key, value in wanted.items() if differs(present.get(key), value)}
    members = {member["name"] for member in entry["members"] or []}
    more = {
        "state": state,
        "visibility": entry["visibility"] if entry["visibility"] not in (None, room["visibility"]) else None,
        "joined": sorted(members - {*room["joined"], actor}),
        "kicked": sorted({*room["joined"]} - members - {actor}) if entry["exact"] else [],
    }
    return {**patch, **{name: value for name, value in more.items() if value}}


def plan(rooms: Rooms, entries: Entries, actor: str, version: str) -> dict[str, Patch]:
    """Return the patch of each room that differs, spaces before what is in them; empty when nothing is to be done."""
    patches = {alias: patch_of(alias, entries, rooms, actor, version) for alias in in_order(entries)}
    return {alias: patch for alias, patch in patches.items() if patch}


def merge(rooms: Rooms, patches: dict[str, Patch], entries: Entries, actor: str, version: str) -> Rooms:
    """Return the rooms after the patches have been applied."""
    after = dict(rooms)
    for alias, patch in patches.items():
        if patch.get("gone"):
            del after[alias]
            continue
        room = rooms.get(alias) or fresh(entries[alias], actor, version)
        joined = {*room["joined"], *patch.get("joined", []), actor} - {*patch.get("kicked", [])}
        state = {**room["state"], **patch.get("state", {})}
        seen = patch.get("visibility", room["visibility"])
        after[alias] = {**room, "joined": sorted(joined), "state": state, "visibility": seen}
    return after
