"""Rooms and spaces become what is written down, and stay so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from unit.synapse_room_server import FakeRooms
from unit.synapse_server import ADMIN, DOMAIN, PASSWORD, serving

from ansible_collections.privatechat.platform.plugins.module_utils import _synapse_room_requests
from ansible_collections.privatechat.platform.plugins.modules import synapse_rooms

Run = Callable[..., dict[str, Any]]
NEWS_ROOM: dict[str, Any] = {
    "alias": "news",
    "parent": "company",
    "join_rule": "restricted",
    "visibility": "public",
    "name": "News",
    "power_levels": {"events_default": 50, "events": {"m.reaction": 0}},
    "members": [{"name": "alice", "role": "moderator"}, {"name": "bob"}],
}
ROOMS: list[dict[str, Any]] = [
    {"alias": "board", "parent": "company", "encrypted": True, "exact": True, "members": [{"name": "alice"}]},
    NEWS_ROOM,
    {"alias": "company", "space": True, "name": "The company", "members": [{"name": "alice", "role": "administrator"}]},
    {"alias": "labs", "space": True, "parent": "company"},
]
ALICE, BOB = f"@alice:{DOMAIN}", f"@bob:{DOMAIN}"
COMPANY, LABS, NEWS, BOARD = (f"#{name}:{DOMAIN}" for name in ("company", "labs", "news", "board"))
POWER = ("m.room.power_levels", "")


@pytest.fixture
def fake() -> FakeRooms:
    server = FakeRooms()
    server.add("alice", "bob")
    return server


@pytest.fixture
def keep(fake: FakeRooms, run_module: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setattr(_synapse_room_requests, "PAUSE", 0)
    with serving(fake) as url:
        given = {"url": url, "username": "admin", "password": PASSWORD, "server_name": DOMAIN}

        def run(rooms: list[dict[str, Any]], *, check: bool = False, **more: Any) -> dict[str, Any]:
            return run_module(synapse_rooms.main, {**given, "rooms": rooms, **more}, check=check)

        yield run


def state(fake: FakeRooms, alias: str) -> Any:
    return fake.rooms[fake.aliases[alias]]["state"]


@pytest.mark.parametrize("version", ["11", "12"])
def test_check_do_check_do(fake: FakeRooms, keep: Run, version: str) -> None:
    before = fake.memory()
    checked = keep(ROOMS, check=True, room_version=version)
    assert (fake.memory(), fake.writes()) == (before, [])
    assert keep(ROOMS, room_version=version) == checked
    assert checked["made"] == [COMPANY, BOARD, LABS, NEWS], "a space is made before what is in it"
    fake.calls.clear()
    for check in (True, False):
        again = keep(ROOMS, check=check, room_version=version)
        assert (again["changed"], again["diff"]) == (False, {"before": {}, "after": {}})
    assert fake.writes() == []


def test_a_space_holds_its_rooms_and_they_know_it(fake: FakeRooms, keep: Run) -> None:
    keep(ROOMS)
    ids, via = fake.aliases, {"via": [DOMAIN]}
    assert state(fake, COMPANY)[("m.room.create", "")]["type"] == "m.space"
    children = {key: content for (kind, key), content in state(fake, COMPANY).items() if kind == "m.space.child"}
    assert children == {ids[alias]: via for alias in (BOARD, NEWS, LABS)}
    assert state(fake, NEWS)[("m.space.parent", ids[COMPANY])] == {**via, "canonical": True}
    allowed = [{"type": "m.room_membership", "room_id": ids[COMPANY]}]
    assert state(fake, NEWS)[("m.room.join_rules", "")] == {"join_rule": "restricted", "allow": allowed}


def test_people_have_the_power_of_their_roles(fake: FakeRooms, keep: Run) -> None:
    keep(ROOMS)
    levels = state(fake, NEWS)[POWER]
    assert levels["users"] == {ADMIN: 100, ALICE: 50}
    assert (levels["events_default"], levels["events"]["m.reaction"]) == (50, 0)
    assert levels["events"]["m.room.power_levels"] == 100, "moderators do not gain power by a level that is given"
    assert fake.joined(NEWS) == [ADMIN, ALICE, BOB]
    assert fake.rooms[fake.aliases[NEWS]]["visibility"] == "public"


def test_only_what_differs_is_written(fake: FakeRooms, keep: Run) -> None:
    keep(ROOMS)
    fake.calls.clear()
    news = {**NEWS_ROOM, "topic": "Nothing", "members": [{"name": "alice", "role": "member"}]}
    answer = keep([ROOMS[0], news, *ROOMS[2:]])
    assert answer["altered"] == [NEWS]
    own = f"/_matrix/client/v3/rooms/{fake.aliases[NEWS]}/state"
    assert fake.writes()[1:-1] == [f"PUT {own}/m.room.topic/", f"PUT {own}/m.room.power_levels/"]
    assert answer["diff"]["after"][NEWS]["m.room.topic"] == {"topic": "Nothing"}
    assert state(fake, NEWS)[POWER]["users"] == {ADMIN: 100}
    assert fake.joined(NEWS) == [ADMIN, ALICE, BOB], "who is not named stays, unless the room is exact"


def test_an_exact_room_has_nobody_else(fake: FakeRooms, keep: Run) -> None:
    keep(ROOMS)
    state(fake, BOARD)[("m.room.member", BOB)] = {"membership": "join"}
    state(fake, BOARD)[POWER]["users"][BOB] = 50
    assert keep(ROOMS)["altered"] == [BOARD]
    assert fake.joined(BOARD) == [ADMIN, ALICE]
    assert state(fake, BOARD)[POWER]["users"] == {ADMIN: 100}


def test_a_room_moves_from_one_space_to_another(fake: FakeRooms, keep: Run) -> None:
    keep(ROOMS)
    moved = [{**ROOMS[0], "parent": "labs"}, *ROOMS[1:]]
    assert keep(moved)["altered"] == [COMPANY, LABS, BOARD]
    board, company = fake.aliases[BOARD], fake.aliases[COMPANY]
    assert state(fake, COMPANY)[("m.space.child", board)] == {} == state(fake, BOARD)[("m.space.parent", company)]
    assert state(fake, LABS)[("m.space.child", board)] == {"via": [DOMAIN]}
    assert not keep(moved)["changed"]


def test_a_room_of_others_is_taken_over(fake: FakeRooms, keep: Run) -> None:
    keep(ROOMS)
    state(fake, NEWS)[("m.room.member", ADMIN)] = {"membership": "leave"}
    state(fake, NEWS)[POWER]["users"] = {ALICE: 50}
    assert keep(ROOMS)["altered"] == [NEWS]
    assert state(fake, NEWS)[POWER]["users"] == {ADMIN: 100, ALICE: 50}
    assert not keep(ROOMS)["changed"]


def test_a_room_is_removed_with_its_alias(fake: FakeRooms, keep: Run) -> None:
    keep(ROOMS)
    without = [{"alias": "board", "state": "absent"}, *ROOMS[1:]]
    assert keep(without)["removed"] == [BOARD]
    assert (BOARD in fake.aliases, len(fake.rooms)) == (False, 3)
    assert not keep(without)["changed"]


def test_problems_are_told_before_anything_changes(fake: FakeRooms, keep: Run) -> None:
    keep(ROOMS)
    before = fake.memory()
    wrong = [{**ROOMS[0], "encrypted": False}, {"alias": "labs", "parent": "nowhere"}, {"alias": "#x:other.org"}]
    answer = keep([*wrong, {"alias": "a", "space": True, "parent": "a", "join_rule": "restricted"}])
    words = ("encrypted, which can't", "be in '#nowhere", "is a space, which", "no alias of", "must make a tree")
    assert [word for word in words if word not in answer["msg"]] == []
    assert fake.memory() == before
