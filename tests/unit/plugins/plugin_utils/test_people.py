"""Everything that is wrong with declared people, rooms and tokens is told at once, and no secret with it."""

from __future__ import annotations

from typing import Any

from ansible_collections.privatechat.platform.plugins.filter.people_problems import people_problems
from ansible_collections.privatechat.platform.plugins.plugin_utils import _people

GOOD: dict[str, Any] = {
    "people": [
        {"name": "alice", "display_name": "Alice", "admin": True},
        {"name": "bob", "password": "secret-bob", "update_password": "always"},
        {"name": "carol", "state": "absent", "erase": True},
    ],
    "passwords": {"alice": "secret-alice", "bob": "secret-other"},
    "rooms": [
        {"alias": "company", "space": True},
        {"alias": "news", "parent": "company", "members": [{"name": "alice", "role": "moderator"}]},
    ],
    "tokens": [{"name": "fair", "token": "secret-token", "uses_allowed": 3}],
    "server_name": "example.com",
    "guard": ["admin", "verify-*"],
    "admin": "admin",
    "purge": False,
}


def test_what_is_right_has_no_problem() -> None:
    assert people_problems(GOOD) == []
    assert people_problems({**GOOD, "people": [], "passwords": {}, "rooms": [], "tokens": []}) == []


def test_every_problem_is_told_at_once() -> None:
    wrong = {
        **GOOD,
        "people": [*GOOD["people"], {"name": "Dan"}, {"name": "verify-bob", "state": "absent"}],
        "passwords": {**GOOD["passwords"], "eve": "secret-eve"},
        "rooms": [*GOOD["rooms"], {"alias": "lost", "parent": "nowhere", "members": [{"name": "carol"}]}],
        "tokens": [{"name": "fair", "token": "secret/token", "expires": "soon"}],
    }
    expected = [
        "platform_people_passwords: 'eve' is none of platform_people; write",
        "platform_people: 'Dan' is no user name",
        "platform_people: 'verify-bob' is guarded and shall be absent",
        "platform_rooms: '#lost:example.com' is to be in '#nowhere:example.com'",
        "platform_rooms: '#lost:example.com' has the member '@carol:example.com', who shall be absent",
        "platform_registration_tokens: the token of 'fair' must be",
        "platform_registration_tokens: 'fair' expires at 'soon'",
    ]
    found = people_problems(wrong)
    assert len(found) == len(expected)
    assert [words for words, start in zip(found, expected, strict=True) if not words.startswith(start)] == []


def test_what_a_module_would_not_take_is_told_in_its_words() -> None:
    wrong = {
        **GOOD,
        "people": [{"name": "alice", "dsplay_name": "A"}],
        "rooms": [{"alias": "a", "visibility": "secret-alice"}, {"name": "no alias"}],
        "tokens": [{"name": "fair"}],
    }
    told = "\n".join(people_problems(wrong))
    assert "platform_people: users.dsplay_name" in told
    assert "platform_rooms: value of visibility must be one of: private, public, got: (a secret)" in told
    assert "platform_registration_tokens: missing required arguments: token" in told
    assert "secret-" not in told


def test_a_purge_without_people_is_refused() -> None:
    assert people_problems({**GOOD, "purge": True}) == []
    told = people_problems({**GOOD, "people": [], "passwords": {}, "rooms": [], "purge": True})
    assert told == ["platform_people_purge: platform_people names nobody, so everybody would go; name who is to stay."]


def test_passwords_come_from_where_they_are_kept() -> None:
    joined = {
        person["name"]: person.get("password") for person in _people.with_passwords(GOOD["people"], GOOD["passwords"])
    }
    assert joined == {"alice": "secret-alice", "bob": "secret-bob", "carol": None}
