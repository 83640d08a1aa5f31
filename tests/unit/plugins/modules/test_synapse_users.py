"""Accounts become what is written down, with the fewest requests; passwords are told to the server only."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from unit.synapse_server import DOMAIN, PASSWORD, FakeSynapse, account, serving

from ansible_collections.privatechat.platform.plugins.modules import synapse_users

Run = Callable[..., dict[str, Any]]
PEOPLE: list[dict[str, Any]] = [
    {"name": "alice", "display_name": "Alice", "password": "secret-a", "admin": True},
    {"name": "bob", "locked": True, "threepids": [{"medium": "email", "address": "bob@example.com"}]},
    {"name": "carol", "state": "absent"},
    {"name": "dan", "state": "absent", "erase": True},
    {"name": "eve", "password": "secret-e", "update_password": "always", "rate_limit": {"messages_per_second": 9}},
]


def full(*names: str) -> list[str]:
    return [f"@{name}:{DOMAIN}" for name in names]


@pytest.fixture
def fake() -> FakeSynapse:
    server = FakeSynapse()
    server.add("bob", "carol", "dan", "other")
    server.add("eve", password="secret-old")
    return server


@pytest.fixture
def keep(fake: FakeSynapse, run_module: Run) -> Iterator[Run]:
    """Return a function that runs the module with users and other options."""
    with serving(fake) as url:
        given = {"url": url, "username": "admin", "password": PASSWORD, "server_name": DOMAIN, "timeout": 1}

        def run(users: list[dict[str, Any]], *, check: bool = False, **more: Any) -> dict[str, Any]:
            return run_module(synapse_users.main, {**given, "users": users, **more}, check=check)

        yield run


def test_check_do_check_do(fake: FakeSynapse, keep: Run) -> None:
    before = fake.memory()
    checked = keep(PEOPLE, check=True)
    assert (fake.memory(), fake.writes()) == (before, [])
    done = keep(PEOPLE)
    assert checked == done
    assert (done["made"], done["removed"]) == (full("alice"), full("carol", "dan"))
    assert done["altered"] == full("bob", "eve")
    settled = fake.memory()
    for check in (True, False):
        again = keep(PEOPLE, check=check)
        assert (again["changed"], again["diff"]) == (False, {"before": {}, "after": {}})
    assert fake.memory() == settled


def test_the_server_has_what_was_wanted(fake: FakeSynapse, keep: Run) -> None:
    keep(PEOPLE)
    alice, bob, carol, dan, eve = (fake.users[name] for name in full("alice", "bob", "carol", "dan", "eve"))
    assert (alice["displayname"], alice["password"], alice["admin"]) == ("Alice", "secret-a", True)
    assert (bob["locked"], bob["threepids"][0]["address"]) == (True, "bob@example.com")
    assert (carol["deactivated"], carol["erased"], dan["deactivated"], dan["erased"]) == (True, False, True, True)
    assert (eve["password"], eve["limit"]) == ("secret-e", {"messages_per_second": 9, "burst_count": 0})
    assert fake.users[full("other")[0]] == account("other"), "who is not named is left alone"


def test_no_answer_and_no_difference_shows_a_password(keep: Run) -> None:
    told = json.dumps([keep(PEOPLE, check=True), keep(PEOPLE), keep(PEOPLE)])
    assert "secret-" not in told
    assert PASSWORD not in told
    assert "5 users" in told


def test_what_the_list_carries_takes_no_other_question(fake: FakeSynapse, keep: Run) -> None:
    people = [{"name": f"user{n}", "display_name": f"User {n}", "admin": False, "locked": False} for n in range(50)]
    people = [{**person, "password": "pw"} for person in people]
    assert len(keep(people)["made"]) == 50
    fake.calls.clear()
    assert not keep(people)["changed"]
    ends = ["POST /_matrix/client/v3/login", "GET /_synapse/admin/v3/users", "POST /_matrix/client/v3/logout"]
    assert fake.calls == ends


def test_only_who_differs_is_written(fake: FakeSynapse, keep: Run) -> None:
    keep(PEOPLE)
    fake.calls.clear()
    altered = [{**PEOPLE[0], "display_name": "Alice L."}, *PEOPLE[1:4]]
    assert keep(altered)["diff"] == {
        "before": {full("alice")[0]: {"display_name": "Alice"}},
        "after": {full("alice")[0]: {"display_name": "Alice L."}},
    }
    assert fake.writes() == [f"PUT /_synapse/admin/v2/users/{full('alice')[0]}"]


def test_a_password_that_is_right_is_left_alone_even_of_somebody_locked(fake: FakeSynapse, keep: Run) -> None:
    person = {"name": "eve", "password": "secret-old", "update_password": "always", "locked": True}
    assert keep([person])["diff"]["after"] == {full("eve")[0]: {"locked": True}}
    assert not keep([person])["changed"]
    assert fake.sessions == {}


def test_purge_removes_the_others_but_the_guarded(fake: FakeSynapse, keep: Run) -> None:
    fake.add("bridge_1", "verify-bob")
    options = {"purge": True, "guard": ["bridge_*", "verify-bob"]}
    before = fake.memory()
    assert keep(PEOPLE, check=True, **options)["removed"] == full("carol", "dan", "other")
    assert fake.memory() == before
    assert keep(PEOPLE, **options)["removed"] == full("carol", "dan", "other")
    assert not fake.users[full("other")[0]]["erased"]
    assert not keep(PEOPLE, **options)["changed"]
    left = [name for name, user in fake.users.items() if not user["deactivated"]]
    assert sorted(left) == full("admin", "alice", "bob", "bridge_1", "eve", "verify-bob")


def test_a_purge_beyond_its_limit_changes_nothing(fake: FakeSynapse, keep: Run) -> None:
    before = fake.memory()
    answer = keep(PEOPLE[:1], purge=True, purge_limit=4)
    assert "would remove 5 accounts and may remove 4" in answer["msg"]
    assert fake.memory() == before
    assert keep(PEOPLE[:1], purge=True, purge_limit=5, purge_erase=True)["removed"]
    assert fake.users[full("other")[0]]["erased"]


def test_a_problem_is_told_before_anything_changes(fake: FakeSynapse, keep: Run) -> None:
    before = fake.memory()
    answer = keep([*PEOPLE, {"name": "Zoe"}, {"name": "admin", "admin": False}])
    assert answer["failed"]
    assert "'Zoe' is no user name" in answer["msg"]
    assert "'admin' is who does this" in answer["msg"]
    assert fake.memory() == before


def test_ten_thousand_accounts_are_compared_in_seconds(fake: FakeSynapse, keep: Run) -> None:
    names = [f"user{number}" for number in range(10_000)]
    fake.add(*names)
    began = time.monotonic()
    people = [{"name": name, "display_name": name, "admin": False, "password": f"pw-{name}"} for name in names]
    # As Ansible calls it: what a module is called with goes to the journal.
    assert not keep(people, _ansible_no_log=False)["changed"]
    assert time.monotonic() - began < 10
    assert len(fake.calls) == 2 + 11
