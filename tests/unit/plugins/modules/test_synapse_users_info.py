"""It tells what the server's list carries, and asks for more only where that is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from unit.synapse_server import ADMIN, DOMAIN, PASSWORD, FakeSynapse, serving

from ansible_collections.privatechat.platform.plugins.modules import synapse_users_info

Run = Callable[..., dict[str, Any]]
MAIL = {"medium": "email", "address": "bob@example.com"}


@pytest.fixture
def fake() -> FakeSynapse:
    server = FakeSynapse()
    server.add("alice", locked=True)
    server.add("bob", threepids=[{**MAIL, "added_at": 1}], limit={"messages_per_second": 5, "burst_count": 0})
    return server


@pytest.fixture
def read(fake: FakeSynapse, run_module: Run) -> Iterator[Run]:
    with serving(fake) as url:
        given = {"url": url, "username": "admin", "password": PASSWORD}
        yield lambda **options: run_module(synapse_users_info.main, {**given, **options}, check=True)


def test_all_accounts_are_told_in_order(fake: FakeSynapse, read: Run) -> None:
    answer = read()
    assert [user["name"] for user in answer["users"]] == [ADMIN, f"@alice:{DOMAIN}", f"@bob:{DOMAIN}"]
    assert [user["admin"] for user in answer["users"]] == [True, False, False]
    assert answer["users"][1] == {
        "name": f"@alice:{DOMAIN}",
        "display_name": "alice",
        "avatar_url": "",
        "creation_ts": 1,
        "last_seen_ts": None,
        "locked": True,
        **dict.fromkeys(("admin", "deactivated", "erased", "is_guest"), False),
    }
    assert not answer["changed"]
    assert len(fake.calls) == 3


def test_names_choose_and_details_are_asked_for(fake: FakeSynapse, read: Run) -> None:
    (bob,) = read(names=["b*"], details=True)["users"]
    assert (bob["threepids"], bob["rate_limit"]) == ([MAIL], {"messages_per_second": 5, "burst_count": 0})
    assert fake.writes() == []
    assert len(fake.calls) == 5
