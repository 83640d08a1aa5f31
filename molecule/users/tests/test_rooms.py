"""Rooms and registration tokens act as they are declared."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from testkit.chat import CLIENT, Chat
from testkit.playbook import Run


def test_power_in_a_room_is_that_of_the_roles(person: Callable[[str], Chat], room_id: Callable[[str], str]) -> None:
    news = room_id("news")
    assert person("alice").send(news, "moderators may talk here") == 200
    assert person("bob").send(news, "members may not") == 403


def test_a_space_holds_its_rooms(person: Callable[[str], Chat], room_id: Callable[[str], str]) -> None:
    bob = person("bob")
    status, tree = bob.ask("GET", f"/_matrix/client/v1/rooms/{quote(room_id('company'))}/hierarchy")
    assert status == 200, tree
    held = {child["state_key"] for child in tree["rooms"][0]["children_state"]}
    assert held == {room_id("news"), room_id("board")}
    shown = [room["room_id"] for room in tree["rooms"]]
    assert room_id("news") in shown, "restricted to people of the space, and bob is one"
    assert room_id("board") not in shown, "only for who is invited"


def test_a_token_makes_as_many_accounts_as_it_allows(stranger: Chat, keep: Callable[..., Any]) -> None:

    def register(user: str, token: str) -> int:
        wanted = {"username": user, "password": "visitors-password", "inhibit_login": True}
        _status, begun = stranger.ask("POST", f"{CLIENT}/register", wanted)
        session = {"session": begun["session"]}
        proof = {"type": "m.login.registration_token", "token": token, **session}
        stranger.ask("POST", f"{CLIENT}/register", {**wanted, "auth": proof})
        last = {"type": "m.login.dummy", **session}
        return stranger.ask("POST", f"{CLIENT}/register", {**wanted, "auth": last})[0]

    # A name is taken once, and a token that has been used stays so.
    mark = secrets.token_hex(6)
    keep(platform_registration_tokens=[{"name": "mine", "token": f"token-of-{mark}", "uses_allowed": 1}])
    assert register(f"visitor-{mark}", "token-of-nobody") == 401
    assert register(f"visitor-{mark}", f"token-of-{mark}") == 200
    assert register(f"visitor-{mark}-2", f"token-of-{mark}") == 401


@pytest.mark.fault
def test_more_rooms_are_made_than_the_server_lets_others_make_at_once(
    keep: Callable[..., Run], known: Callable[[], dict[str, Any]], declared: dict[str, Any]
) -> None:
    before = known()
    many = [{"alias": f"room-{secrets.token_hex(6)}", "parent": "company"} for _ in range(15)]
    made = keep(platform_rooms=[*declared["platform_rooms"], *many])
    assert (made.status, made.changed) == (0, 1), made.output
    between = known()
    assert len(between["rooms"]) == len(before["rooms"]) + 15
    assert between["limits"] == before["limits"]
    gone = [{"alias": room["alias"], "state": "absent"} for room in many]
    assert keep(platform_rooms=[*declared["platform_rooms"], *gone]).changed == 1
