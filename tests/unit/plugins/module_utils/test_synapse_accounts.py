"""What is known of accounts and what is planned for them passes between the server and the plan unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from unit.synapse_server import ADMIN, DOMAIN, PASSWORD, FakeSynapse, serving

from ansible_collections.privatechat.platform.plugins.module_utils import _synapse_accounts as accounts
from ansible_collections.privatechat.platform.plugins.module_utils import _synapse_users as users
from ansible_collections.privatechat.platform.plugins.module_utils._http import ApiError, JsonClient
from ansible_collections.privatechat.platform.plugins.module_utils._synapse import Synapse

ALICE = f"@alice:{DOMAIN}"


@pytest.fixture
def fake() -> FakeSynapse:
    server = FakeSynapse()
    server.add("alice", password="right", locked=True)
    return server


@pytest.fixture
def server(fake: FakeSynapse) -> Iterator[Synapse]:
    with serving(fake) as url:
        made = Synapse(JsonClient(url))
        made.log_in("admin", PASSWORD)
        yield made


def test_locked_and_deactivated_accounts_are_known(fake: FakeSynapse, server: Synapse) -> None:
    fake.add("gone", deactivated=True)
    found = accounts.accounts(server)
    assert sorted(found) == [ADMIN, ALICE, f"@gone:{DOMAIN}"]
    assert (found[ALICE]["locked"], found[f"@gone:{DOMAIN}"]["deactivated"]) == (True, True)


@pytest.mark.parametrize("locked", [True, False])
def test_a_password_is_tried_and_the_attempt_leaves_nothing(
    fake: FakeSynapse, server: Synapse, *, locked: bool
) -> None:
    fake.users[ALICE]["locked"] = locked
    assert accounts.has_password(server, ALICE, "right")
    assert not accounts.has_password(server, ALICE, "wrong")
    assert list(fake.sessions.values()) == [ADMIN]


def test_a_failure_is_no_wrong_password(fake: FakeSynapse, server: Synapse) -> None:
    fake.instead = {"/login": ["500"]}
    with pytest.raises(ApiError, match="answered 500"):
        accounts.has_password(server, ALICE, "right")


def test_a_patch_becomes_requests_for_its_account(fake: FakeSynapse, server: Synapse) -> None:
    limit = {"messages_per_second": 3, "burst_count": 4}
    accounts.send(server, ALICE, {"locked": False, "rate_limit": limit}, exists=True)
    assert (fake.users[ALICE]["locked"], accounts.rate_limit(server, ALICE)) == (False, limit)
    accounts.send(server, ALICE, {"rate_limit": {}}, exists=True)
    assert accounts.rate_limit(server, ALICE) == {}
    assert accounts.threepids(server, ALICE) == []


@pytest.mark.parametrize("shown", ["", " Alice L. "])
@pytest.mark.parametrize("user", [ALICE, f"@new:{DOMAIN}"])
def test_a_display_name_is_set_once(fake: FakeSynapse, server: Synapse, user: str, shown: str) -> None:
    nothing: dict[str, Any] = dict.fromkeys((*users.LISTED, *users.DETAILS, "password"))
    entry = {**nothing, "state": "present", "update_password": "on_create", "display_name": shown}
    known = accounts.accounts(server).get(user)
    accounts.send(server, user, users.patch_of(known, entry), exists=known is not None)
    assert fake.users[user]["displayname"] == shown.strip()
    assert users.patch_of(accounts.accounts(server)[user], entry) == {}
