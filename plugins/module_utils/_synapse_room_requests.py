# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads rooms of a chat server and carries out what is planned for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ansible_collections.privatechat.platform.plugins.module_utils import _synapse_rooms as rooms
from ansible_collections.privatechat.platform.plugins.module_utils._http import ApiError
from ansible_collections.privatechat.platform.plugins.module_utils._synapse import (
    ADMIN_API,
    CLIENT_API,
    MALFORMED,
    NOT_FOUND,
    Synapse,
    segment,
)
from ansible_collections.privatechat.platform.plugins.module_utils._synapse_accounts import rate_limit, send

PAUSE = 0.5
UNLIMITED = {"messages_per_second": 0, "burst_count": 0}
# State of which the server makes its own version when it makes a room.
MADE_BY_SERVER = (rooms.ALIAS, rooms.POWER)


def observe(server: Synapse, alias: str) -> rooms.Room | None:
    """Return the room behind an alias, None where there is none."""
    found = server.find(f"{CLIENT_API}/directory/room/{segment(alias)}")
    if found is None:
        return None
    room_id = str(found["room_id"])
    events = server.call("GET", f"{ADMIN_API}/v1/rooms/{segment(room_id)}/state")["state"]
    listed = server.call("GET", f"{CLIENT_API}/directory/list/room/{segment(room_id)}")
    state = {(event["type"], event["state_key"]): event["content"] for event in events}
    made = next(event for event in events if event["type"] == "m.room.create")
    people = {key: content for (kind, key), content in state.items() if kind == "m.room.member"}
    return {
        "id": room_id,
        "version": str(made["content"].get("room_version", "1")),
        "creators": [made["sender"], *made["content"].get("additional_creators", [])],
        "visibility": listed["visibility"],
        "joined": sorted(user for user, content in people.items() if content.get("membership") == "join"),
        "state": {key: content for key, content in state.items() if key[0] != "m.room.member"},
    }


def read(server: Synapse, aliases: list[str]) -> rooms.Rooms:
    """Return the rooms that are there, by alias."""
    found = server.each(lambda alias: (alias, observe(server, alias)), aliases)
    return {pair[0]: pair[1] for pair in found if pair and pair[1]}


def creation(alias: str, entry: rooms.Entry, patch: rooms.Patch, version: str) -> dict[str, Any]:
    """Return the body of the request that makes a room (Matrix specification, client-server API, "createRoom")."""
    state = [
        {"type": kind, "state_key": key, "content": content}
        for (kind, key), content in patch["state"].items()
        # Links to rooms that are not made yet come when they are.
        if kind not in (*MADE_BY_SERVER, rooms.CHILD)
    ]
    return {
        "preset": "private_chat",
        "visibility": patch.get("visibility", "private"),
        "room_alias_name": alias[1:].partition(":")[0],
        "room_version": version,
        "initial_state": state,
        "power_level_content_override": patch["state"][(rooms.POWER, "")],
        "creation_content": {"type": "m.space"} if entry["space"] else {},
    }


def remove(server: Synapse, alias: str, room_id: str) -> None:
    """Take everybody out of a room, remove what was said in it, and free its alias."""
    path = f"{ADMIN_API}/v2/rooms"
    number = server.call("DELETE", f"{path}/{segment(room_id)}", {"purge": True, "block": False})["delete_id"]
    until = time.monotonic() + server.patience
    while (status := server.call("GET", f"{path}/delete_status/{segment(number)}")["status"]) != "complete":
        if status == "failed" or time.monotonic() > until:
            raise ApiError(f"The room {alias} is being removed, which is '{status}' after {server.patience:.0f} s.")
        time.sleep(PAUSE)
    try:
        server.call("DELETE", f"{CLIENT_API}/directory/room/{segment(alias)}")
    except ApiError as exc:
        if exc.status != NOT_FOUND:
            raise


def change(server: Synapse, room_id: str, patch: rooms.Patch) -> None:
    """Carry out what is left to do in a room that is there."""
    own = f"{CLIENT_API}/rooms/{segment(room_id)}"
    if patch.get("adopted"):
        server.call("POST", f"{ADMIN_API}/v1/rooms/{segment(room_id)}/make_room_admin", {})
        server.call("POST", f"{CLIENT_API}/join/{segment(room_id)}", {})
    for (kind, key), content in patch.get("state", {}).items():
        if not patch.get("made") or kind == rooms.CHILD:
            server.call("PUT", f"{own}/state/{segment(kind)}/{segment(key)}", content)
    if "visibility" in patch and not patch.get("made"):
        server.call("PUT", f"{CLIENT_API}/directory/list/room/{segment(room_id)}", {"visibility": patch["visibility"]})
    for user in patch.get("joined", []):
        server.call("POST", f"{ADMIN_API}/v1/join/{segment(room_id)}", {"user_id": user})
    for user in patch.get("kicked", []):
        server.call("POST", f"{own}/kick", {"user_id": user})


@contextmanager
def unhurried(server: Synapse) -> Iterator[None]:
    """Lift the rate limit of who does this meanwhile; under it each room after the tenth takes a minute."""
    own = rate_limit(server, server.user_id)

    def limit(wanted: dict[str, int]) -> None:
        if own != UNLIMITED:
            send(server, server.user_id, {"rate_limit": wanted}, exists=True)

    limit(UNLIMITED)
    try:
        yield
    except (ApiError, *MALFORMED):
        # What went wrong first is what has to be told.
        with suppress(ApiError):
            limit(own)
        raise
    limit(own)


def make(
    server: Synapse, entries: rooms.Entries, patches: dict[str, rooms.Patch], ids: dict[str, str], version: str
) -> None:
    """Make the rooms that are not there, from the top of the tree down, and add their ids.

    One that the server refuses holds up what belongs into it, and no other.
    """

    def attempt(alias: str) -> None:
        above = entries[alias]["parent"]
        if above in patches and rooms.placeholder(above) not in ids:
            return
        body = creation(alias, entries[alias], rooms.resolved(patches[alias], ids), version)
        try:
            made = server.call("POST", f"{CLIENT_API}/createRoom", body)
        except ApiError as exc:
            raise ApiError(f"Cannot make the room {alias}, nor what belongs into it: {exc}") from exc
        ids[rooms.placeholder(alias)] = str(made["room_id"])

    server.each(attempt, [alias for alias, patch in patches.items() if patch.get("made")], at_once=1)


def without(patch: rooms.Patch, names: list[str]) -> rooms.Patch:
    """Return a patch without the state in which one of the placeholders stands."""
    blank = dict.fromkeys(names, "")
    state = {
        key: content
        for key, content in patch.get("state", {}).items()
        if rooms.resolved((key, content), blank) == (key, content)
    }
    return {**patch, "state": state}


def settle(server: Synapse, patches: dict[str, rooms.Patch], ids: dict[str, str]) -> None:
    """Do what is left to do in the rooms that are there; what ties them to one that is not made waits for it."""
    missing = [name for name in map(rooms.placeholder, patches) if name not in ids]

    def finish(alias: str) -> None:
        patch = without(patches[alias], missing)
        change(server, ids[rooms.placeholder(alias)], rooms.resolved(patch, ids))

    there = [alias for alias, patch in patches.items() if rooms.placeholder(alias) in ids and not patch.get("gone")]
    server.each(finish, there)


def apply(
    server: Synapse, found: rooms.Rooms, entries: rooms.Entries, patches: dict[str, rooms.Patch], version: str
) -> None:
    """Carry out all patches: removals, new rooms, then the rest at once; raise one ApiError that names what failed."""
    ids = {rooms.placeholder(alias): room["id"] for alias, room in found.items()}
    gone = [alias for alias, patch in patches.items() if patch.get("gone")]
    steps: list[Callable[[], object]] = [
        lambda: server.each(lambda alias: remove(server, alias, found[alias]["id"]), gone),
        lambda: make(server, entries, patches, ids, version),
        lambda: settle(server, patches, ids),
    ]
    failures: list[str] = []
    with unhurried(server):
        for step in steps:
            try:
                step()
            except ApiError as exc:
                failures.append(str(exc))
        if failures:
            raise ApiError("; ".join(failures))
