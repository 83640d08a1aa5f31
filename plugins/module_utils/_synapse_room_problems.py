# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with rooms as they are wanted, in sentences: pure, nothing is asked or sent here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ansible_collections.privatechat.platform.plugins.module_utils._synapse_rooms import (
    HIGHEST,
    POWER,
    Entries,
    Entry,
    Room,
    Rooms,
    ancestors,
    lists_creator,
    power,
)


def peers(room: Room, entry: Entry, actor: str) -> list[str]:
    """Return who has as much power as the actor and is to lose it, which they alone can do (rules of the room)."""
    present = room["state"].get((POWER, ""), {}).get("users", {})
    wanted, own = power(room, entry, actor)["users"], max(HIGHEST, present.get(actor, 0))
    losers = sorted(user for user, level in present.items() if level >= own and level > wanted.get(user, 0))
    return [user for user in losers if user != actor and lists_creator(room["version"])]


def problems(entries: list[Entry], rooms: Rooms, server_name: str, actor: str) -> Iterator[str]:
    """Yield everything that is wrong with what is wanted, in sentences."""
    names = Counter(entry["alias"] for entry in entries)
    yield from (f"'{alias}' is given {n} times; give it once." for alias, n in sorted(names.items()) if n > 1)
    known = {entry["alias"]: entry for entry in entries}
    for alias, entry in sorted(known.items()):
        if alias.partition(":")[2] != server_name:
            yield f"'{alias}' is no alias of {server_name}; only that server's own can be managed."
        if entry["state"] == "absent":
            continue
        yield from (f"'{alias}' {words}" for words in tree_flaws(alias, known))
        state = rooms[alias]["state"] if alias in rooms else {}
        if alias in rooms and (state.get(("m.room.create", ""), {}).get("type") == "m.space") is not entry["space"]:
            yield f"'{alias}' is {'no' if entry['space'] else 'a'} space, which can't be changed; use another alias."
        for user in peers(rooms[alias], entry, actor) if alias in rooms else []:
            yield f"'{alias}' has the administrator {user}, whom nobody else can depose; have {user} step down first."
        if entry["encrypted"] is False and state.get(("m.room.encryption", "")):
            yield f"'{alias}' is encrypted, which can't be undone; leave encrypted out, or make another room."


def tree_flaws(alias: str, known: Entries) -> Iterator[str]:
    """Yield what is wrong with a room's place in the tree, as ends of sentences."""
    entry = known[alias]
    parent = known.get(entry["parent"])
    if entry["parent"] and (parent is None or not parent["space"] or parent["state"] == "absent"):
        yield f"is to be in '{entry['parent']}', which is none of the spaces given; add it with space: true."
    elif alias in ancestors(alias, known):
        yield "is in a space that is in itself; the spaces must make a tree."
    if entry["join_rule"] == "restricted" and not entry["parent"]:
        yield "is restricted to people of a space and in none; give it a parent."
