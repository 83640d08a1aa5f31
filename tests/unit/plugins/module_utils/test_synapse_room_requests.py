"""What is planned for a room reaches the server in an order that it accepts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from unit.synapse_room_server import FakeRooms
from unit.synapse_server import ADMIN, PASSWORD, serving

from ansible_collections.privatechat.platform.plugins.module_utils import _synapse_room_requests as requests
from ansible_collections.privatechat.platform.plugins.module_utils._http import ApiError, JsonClient
from ansible_collections.privatechat.platform.plugins.module_utils._synapse import Synapse

ALIAS = "#room:example.com"
POWER = {("m.room.power_levels", ""): {"users": {ADMIN: 100}}}


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeRooms:
    monkeypatch.setattr(requests, "PAUSE", 0)
    return FakeRooms()


@pytest.fixture
def server(fake: FakeRooms) -> Iterator[Synapse]:
    with serving(fake) as url:
        made = Synapse(JsonClient(url), patience=1)
        made.log_in("admin", PASSWORD)
        yield made


def entry(*, space: bool = False, parent: str | None = None) -> dict[str, Any]:
    """Return what matters here of what is written down about a room."""
    return {"space": space, "parent": parent}


def make(server: Synapse) -> None:
    patch: dict[str, Any] = {"made": True, "state": POWER}
    requests.apply(server, {}, {ALIAS: entry()}, {ALIAS: patch}, "11")


def test_what_is_made_is_what_is_read(server: Synapse) -> None:
    assert requests.read(server, [ALIAS]) == {}
    make(server)
    room = requests.read(server, [ALIAS])[ALIAS]
    assert {key: room[key] for key in ("id", "version", "creators", "joined", "visibility")} == {
        "id": "!0:example.com",
        "version": "11",
        "creators": [ADMIN],
        "joined": [ADMIN],
        "visibility": "private",
    }
    assert ("m.room.member", ADMIN) not in room["state"]


def test_links_wait_until_every_room_is_made(fake: FakeRooms, server: Synapse) -> None:
    other = "#other:example.com"
    link = {("m.space.child", f"!{other}"): {"via": ["example.com"]}}
    patches: dict[str, Any] = {
        ALIAS: {"made": True, "state": {**POWER, **link}},
        other: {"made": True, "state": POWER},
    }
    requests.apply(server, {}, {ALIAS: entry(space=True), other: entry()}, patches, "11")
    assert fake.writes()[-2] == "PUT /_matrix/client/v3/rooms/!0:example.com/state/m.space.child/!1:example.com"


@pytest.mark.parametrize("limit", [{}, {"messages_per_second": 5, "burst_count": 9}, requests.UNLIMITED])
def test_any_number_of_rooms_is_made_at_once_and_the_limit_is_what_it_was(
    fake: FakeRooms, server: Synapse, limit: dict[str, int]
) -> None:
    fake.users[ADMIN]["limit"] = limit
    many = [f"#room{number}:example.com" for number in range(15)]
    patches: dict[str, Any] = {alias: {"made": True, "state": POWER, "joined": [ADMIN]} for alias in many}
    requests.apply(server, {}, dict.fromkeys(many, entry()), patches, "11")
    assert list(fake.aliases) == many
    assert fake.users[ADMIN]["limit"] == limit


def test_a_room_that_is_not_made_holds_up_no_other(fake: FakeRooms, server: Synapse) -> None:
    fake.add("alice")
    alice, other = "@alice:example.com", "#other:example.com"
    fake.instead = {"createRoom": ["", "403"]}
    links = {("m.space.child", f"!{alias}"): {"via": ["example.com"]} for alias in (other, "#third:example.com")}
    patches: dict[str, Any] = {
        ALIAS: {"made": True, "state": {**POWER, **links}, "joined": [alice]},
        other: {"made": True, "state": POWER},
    }
    found: dict[str, Any] = {"#third:example.com": {"id": "!third:example.com"}}
    with pytest.raises(ApiError, match=r"createRoom answered 403"):
        requests.apply(server, found, {ALIAS: entry(space=True), other: entry()}, patches, "11")
    assert fake.joined(ALIAS) == [ADMIN, alice]
    state = fake.rooms[fake.aliases[ALIAS]]["state"]
    assert [key for kind, key in state if kind == "m.space.child"] == ["!third:example.com"]
    assert fake.users[ADMIN]["limit"] == {}


def test_a_space_that_is_not_made_holds_up_only_what_is_in_it(fake: FakeRooms, server: Synapse) -> None:
    inner, other = "#inner:example.com", "#other:example.com"
    fake.instead = {"createRoom": ["403", ""]}
    entries = {ALIAS: entry(space=True), inner: entry(parent=ALIAS), other: entry()}
    patches: dict[str, Any] = {alias: {"made": True, "state": POWER} for alias in entries}
    with pytest.raises(ApiError, match=r"Cannot make the room #room:example.com, .*createRoom answered 403"):
        requests.apply(server, {}, entries, patches, "11")
    assert list(fake.aliases) == [other]


def test_a_removal_that_fails_is_told_and_holds_up_no_room(
    fake: FakeRooms, server: Synapse, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(server)
    found: dict[str, Any] = {ALIAS: {"id": fake.aliases[ALIAS]}}
    other = "#other:example.com"
    monkeypatch.setitem(
        FakeRooms.routes,
        "GET /_synapse/admin/v2/rooms/delete_status/([^/]+)",
        lambda *_: (200, {"status": "failed"}),
    )
    with pytest.raises(ApiError, match=r"The room #room:example.com is being removed, which is 'failed'"):
        requests.apply(
            server,
            found,
            {ALIAS: entry(), other: entry()},
            {ALIAS: {"gone": True}, other: {"made": True, "state": POWER}},
            "11",
        )
    assert other in fake.aliases


def test_a_removal_waits_until_it_is_complete(fake: FakeRooms, server: Synapse) -> None:
    make(server)
    requests.remove(server, ALIAS, fake.aliases[ALIAS])
    assert sum("delete_status" in call for call in fake.calls) == 2
    assert (fake.rooms, fake.aliases) == ({}, {})
