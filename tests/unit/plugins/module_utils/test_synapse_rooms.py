"""After the plan of any wish for any room nothing is left to do."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from unit.room_wishes import ACTOR, ALICE, BOB, EMPTY, INNER, ROOM, SPACE

from ansible_collections.privatechat.platform.plugins.module_utils import _synapse_rooms as rooms

CREATE = {("m.room.create", ""): {"room_version": "11"}}
OPEN: dict[str, Any] = {
    "id": "!r:x.org",
    "version": "11",
    "creators": [ACTOR],
    "visibility": "public",
    "joined": [ACTOR, BOB],
    "state": {**CREATE, (rooms.POWER, ""): {"ban": 50, "users": {ACTOR: 100, BOB: 50}, "events": {"m.x": 1}}},
}
FOREIGN = {**OPEN, "creators": [BOB], "joined": [BOB], "state": {**CREATE, (rooms.POWER, ""): {"users": {BOB: 100}}}}
SUPREME = {**OPEN, "version": "12", "state": {("m.room.create", ""): {"room_version": "12"}}}
HELD: dict[str, Any] = {
    **OPEN,
    "id": "!s:x.org",
    "state": {**CREATE, (rooms.CHILD, "!r:x.org"): {"via": ["x.org"]}, (rooms.CHILD, "!other:x.org"): {"via": ["y"]}},
}
PARENTS = {(rooms.PARENT, key): {"via": ["x.org"], "canonical": True} for key in ("!s:x.org", "!i:x.org", "!z:x.org")}
IN_BOTH: dict[str, Any] = {**OPEN, "state": {**OPEN["state"], **PARENTS}}
ROOMS: dict[str, rooms.Rooms] = {
    "none": {},
    "open": {ROOM: OPEN},
    "of others": {ROOM: FOREIGN, SPACE: HELD},
    "version 12": {ROOM: SUPREME},
    "held": {ROOM: OPEN, SPACE: HELD},
    "in both": {ROOM: IN_BOTH, SPACE: HELD, INNER: {**HELD, "id": "!i:x.org"}},
}
MEMBERS = [{"name": ALICE, "role": "moderator"}, {"name": BOB, "role": "member"}]
WISHES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "texts": {"name": "Room", "topic": ""},
    "restricted": {"parent": SPACE, "join_rule": "restricted", "visibility": "private"},
    "people": {"members": MEMBERS, "power_levels": {"ban": 0, "events": {"m.x": 2, "m.y": 3}}},
    "exact": {"members": MEMBERS[:1], "exact": True, "encrypted": True},
    "inner": {"parent": INNER},
    "moved": {"parent": SPACE},
    "absent": {"state": "absent"},
}


def entries(**room: Any) -> rooms.Entries:
    space = {"space": True, "exact": True}
    given = {ROOM: room, SPACE: space, INNER: {**space, "parent": SPACE}}
    return {alias: {**EMPTY, "alias": alias, **more} for alias, more in given.items()}


@pytest.mark.parametrize(
    ("found", "wish", "version"), list(itertools.product(ROOMS, WISHES, ["11", "12", "org.example.next"]))
)
def test_after_the_patches_nothing_is_left_to_do(found: str, wish: str, version: str) -> None:
    wanted = entries(**WISHES[wish])
    patches = rooms.plan(ROOMS[found], wanted, ACTOR, version)
    after = rooms.merge(ROOMS[found], patches, wanted, ACTOR, version)
    left = rooms.plan(after, wanted, ACTOR, version)
    assert left == {}


def test_spaces_come_before_what_is_in_them() -> None:
    assert rooms.in_order(entries(parent=INNER)) == [SPACE, INNER, ROOM]


def test_a_room_leaves_the_other_spaces_that_are_given_and_no_more() -> None:
    patch = rooms.plan(ROOMS["in both"], entries(parent=SPACE), ACTOR, "11")[ROOM]
    assert {key: link for key, link in patch["state"].items() if key[0] == rooms.PARENT} == {
        (rooms.PARENT, "!i:x.org"): {}
    }


@pytest.mark.parametrize(("wish", "cut"), [({}, False), ({"parent": INNER}, True), ({"state": "absent"}, True)])
def test_a_space_lets_go_what_is_to_be_elsewhere(wish: dict[str, Any], cut: bool) -> None:
    wanted = entries(**wish)
    wanted[SPACE]["exact"] = False
    patch = rooms.plan(ROOMS["held"], wanted, ACTOR, "11")[SPACE]
    assert (patch["state"].get((rooms.CHILD, "!r:x.org")) == {}) is cut
    assert (rooms.CHILD, "!other:x.org") not in patch["state"]


def test_what_clients_have_added_is_left_alone() -> None:
    present = {"topic": "Hello", "m.topic": {"m.text": [{"body": "Hello"}]}}
    assert not rooms.differs(present, {"topic": "Hello"})
    assert rooms.differs(present, {"topic": "Bye"})
    assert rooms.differs(None, {"topic": ""})
    assert rooms.differs({"via": ["x.org"]}, {}), "an empty link takes a room out of its space"
    assert not rooms.differs({}, {})


def test_what_others_have_added_outlasts_a_change() -> None:
    space = {**HELD, "state": {**HELD["state"], (rooms.CHILD, "!r:x.org"): {"via": ["y"], "order": "a"}}}
    room = {**OPEN, "state": {**OPEN["state"], (rooms.ALIAS, ""): {"alias": "#x:x.org", "alt_aliases": ["#y:x.org"]}}}
    patches = rooms.plan({ROOM: room, SPACE: space}, entries(parent=SPACE), ACTOR, "11")
    assert patches[ROOM]["state"][(rooms.ALIAS, "")] == {"alias": ROOM, "alt_aliases": ["#y:x.org"]}
    assert patches[SPACE]["state"][(rooms.CHILD, "!r:x.org")] == {"via": ["x.org"], "order": "a"}
    patches = rooms.plan({ROOM: room, SPACE: space}, entries(parent=INNER), ACTOR, "11")
    assert patches[SPACE]["state"][(rooms.CHILD, "!r:x.org")] == {}, "of a link that is cut nothing is kept"


def test_placeholders_become_ids_wherever_they_are() -> None:
    ids = {rooms.placeholder(ROOM): "!r:x.org"}
    state = {("m.space.child", "!#room:x.org"): {"allow": [{"room_id": "!#room:x.org"}], "alias": ROOM}}
    assert rooms.resolved(state, ids) == {
        ("m.space.child", "!r:x.org"): {"allow": [{"room_id": "!r:x.org"}], "alias": ROOM}
    }
