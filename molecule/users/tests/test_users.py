"""What is declared of people is made so once, and nothing else; who may not come in does not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import nio
import pytest
from testkit import relay
from testkit.chat import CLIENT, Chat
from testkit.nodes import name
from testkit.playbook import Run

Known = Callable[[], dict[str, Any]]
Keep = Callable[..., Run]
SECRETS = ("alices-password", "bobs-", "carols-password", "dans-password", "new-password", "token-of-")


def hidden(run: Run) -> bool:
    """Tell whether a run has shown no secret."""
    return not [secret for secret in SECRETS if secret in run.output]


def tokens(server: dict[str, Any]) -> list[str]:
    """Return the tokens that the server knows."""
    return [row["token"] for row in server["tokens"]["registration_tokens"]]


@pytest.fixture
def other(declared: dict[str, Any]) -> dict[str, Any]:
    """Return another declaration, which differs in everything that can change."""
    alice, bob, *rest = declared["platform_people"]
    company, news, board = declared["platform_rooms"]
    return {
        "platform_people": [
            {**alice, "display_name": "Alice L.", "threepids": [], "rate_limit": {}},
            bob,
            *rest,
            {"name": "erin"},
        ],
        "platform_people_passwords": {**declared["platform_people_passwords"], "bob": "bobs-new-password"},
        "platform_rooms": [company, {**news, "topic": "Nothing"}, {**board, "members": [{"name": "bob"}]}],
        "platform_registration_tokens": [{"name": "fair", "token": "token-of-another-fair"}],
        "platform_registration_tokens_purge": True,
    }


def test_a_check_run_tells_and_writes_nothing(keep: Keep, known: Known, other: dict[str, Any]) -> None:
    before = known()
    told = keep("--check", **other)
    assert told.status == 0, told.output
    assert told.changed_tasks == ["Keep people", "Keep rooms", "Keep registration tokens"]
    assert known() == before
    assert hidden(told)


def test_another_declaration_is_made_so_once_and_the_first_one_again(
    keep: Keep, known: Known, other: dict[str, Any], admin: Chat
) -> None:
    done = keep(**other)
    assert (done.status, done.changed) == (0, 3), done.output
    between = known()
    assert between["users"][f"@alice:{admin.domain}"]["displayname"] == "Alice L."
    assert f"@erin:{admin.domain}" in between["users"]
    assert between["threepids"] == []
    assert tokens(between) == ["token-of-another-fair"]
    again = keep(**other)
    assert (again.status, again.changed) == (0, 0), again.output
    back = keep(platform_registration_tokens_purge=True)
    assert (back.status, back.changed) == (0, 3), back.output
    assert tokens(known()) == ["token-of-the-fair"]
    assert all(hidden(run) for run in (done, again, back))


def test_a_declared_person_uses_a_real_client(
    chat_host: Any, inventory: str, main: dict[str, Any], admin: Chat, room_id: Callable[[str], str]
) -> None:
    news = room_id("news")

    async def story() -> None:
        async with relay.to(inventory, name(chat_host), main["address"], main["port"]) as url:
            client = nio.AsyncClient(url, f"@alice:{admin.domain}")
            try:
                assert isinstance(await client.login("alices-password"), nio.LoginResponse)
                assert isinstance(await client.sync(timeout=5000), nio.SyncResponse)
                assert client.rooms[news].display_name == "News"
                assert client.rooms[news].topic == "What is new"
                sent = await client.room_send(news, "m.room.message", {"msgtype": "m.text", "body": "Hello"})
                assert isinstance(sent, nio.RoomSendResponse), sent
                profile = await client.get_profile()
                assert profile.displayname == "Alice Liddell"
                assert isinstance(await client.logout(), nio.LogoutResponse)
            finally:
                await client.close()

    asyncio.run(story())


@pytest.mark.parametrize(("who", "words"), [("carol", "M_USER_LOCKED"), ("dan", "M_FORBIDDEN")])
def test_who_is_locked_or_was_never_made_is_refused(stranger: Chat, who: str, words: str) -> None:
    user = {"type": "m.id.user", "user": who}
    body = {"type": "m.login.password", "identifier": user, "password": f"{who}s-password"}
    status, answer = stranger.ask("POST", f"{CLIENT}/login", body)
    assert (status in (401, 403), answer["errcode"]) == (True, words)


def test_a_purge_spares_who_is_guarded(
    keep: Keep, known: Known, declared: dict[str, Any], admin: Chat, stranger: Chat
) -> None:
    frank = {"name": "frank", "password": "franks-new-password"}
    assert keep(platform_people=[*declared["platform_people"], {"name": "bridge_1"}, frank]).status == 0
    assert stranger.log_in("frank", frank["password"]) == 200
    refused = keep(platform_people_purge=True, platform_people_purge_limit=0)
    assert refused.status == 2
    assert "accounts and may remove 0" in " ".join(refused.output.split())
    purged = keep(platform_people_purge=True, platform_people_purge_limit=50)
    assert (purged.status, purged.changed) == (0, 1), purged.output
    left = sorted(user for user, account in known()["users"].items() if not account["deactivated"])
    own = ("probe-receiver", "probe-sender", "verify-alice", "verify-bob")
    names = ("admin", "alice", "bob", "bridge_1", "carol", *own)
    assert left == [f"@{user}:{admin.domain}" for user in names]
    assert stranger.log_in("frank", frank["password"]) == 403


def test_every_problem_is_named_before_anything_changes(keep: Keep, known: Known) -> None:
    before = known()
    refused = keep(
        platform_people=[{"name": "Alice"}, {"name": "verify-bob", "state": "absent"}],
        platform_rooms=[{"alias": "lost", "parent": "nowhere"}],
        platform_registration_tokens=[{"name": "fair", "token": "token-of-the-fair", "expires": "soon"}],
    )
    assert refused.status == 2
    words = " ".join(refused.output.split())
    for problem in ("'Alice' is no user name", "'verify-bob' is guarded", "in '#nowhere", "expires at 'soon'"):
        assert problem in words
    assert hidden(refused)
    assert known() == before
