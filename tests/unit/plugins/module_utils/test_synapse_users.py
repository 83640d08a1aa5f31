"""Only what differs is planned, and after it nothing is left to do."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from ansible_collections.privatechat.platform.plugins.module_utils import _synapse_users as users

USER = "@alice:example.com"
EMPTY: dict[str, Any] = {
    **dict.fromkeys(("locked", "admin", "display_name", "avatar_url", "threepids", "password", "rate_limit")),
    "name": "alice",
    "state": "present",
    "erase": False,
    "update_password": "on_create",
}
MAIL = {"medium": "email", "address": "alice@example.com"}
SHOUTED = {"medium": "email", "address": "Alice@Example.com"}
FULL: dict[str, Any] = {
    **users.UNKNOWN,
    "is_guest": False,
    "admin": True,
    "display_name": "Alice",
    "threepids": [MAIL],
    "avatar_url": "mxc://a/b",
    "rate_limit": {"messages_per_second": 1, "burst_count": 2},
}
ACCOUNTS: dict[str, dict[str, Any] | None] = {
    "missing": None,
    "plain": {**users.UNKNOWN, "is_guest": False},
    "full": FULL,
    "locked": {**FULL, "locked": True},
    "deactivated": {**FULL, "deactivated": True},
    "erased": {**FULL, "deactivated": True, "erased": True},
    "right password": {**FULL, "password": "pw"},
}
WISHES: dict[str, dict[str, Any]] = {
    "present": {},
    "named": {"display_name": "Alice"},
    "unnamed": {"display_name": "", "avatar_url": ""},
    "everything": {
        "display_name": "A",
        "avatar_url": "mxc://c/d",
        "admin": False,
        "locked": True,
        "threepids": [],
        "rate_limit": {"messages_per_second": 0, "burst_count": None},
        "password": "pw",
    },
    "no limit of its own": {"rate_limit": {"messages_per_second": None, "burst_count": None}},
    "password once": {"password": "pw"},
    "password always": {"password": "pw", "update_password": "always"},
    "absent": {"state": "absent"},
    "erased": {"state": "absent", "erase": True},
}


def entry(**more: Any) -> dict[str, Any]:
    return {**EMPTY, **more}


@pytest.mark.parametrize(("account", "wish"), list(itertools.product(ACCOUNTS, WISHES)))
def test_after_the_patch_nothing_is_left_to_do(account: str, wish: str) -> None:
    known = ACCOUNTS[account]
    current = {} if known is None else {USER: known}
    wanted = {USER: entry(**WISHES[wish])}
    patches = users.plan(current, wanted, [], erase=False)
    assert users.plan(users.merge(current, patches), wanted, [], erase=False) == {}


@pytest.mark.parametrize(
    ("account", "wish", "patch"),
    [
        ("full", {"display_name": "Alice", "admin": True, "locked": False, "avatar_url": "mxc://a/b"}, {}),
        ("full", {"display_name": "Bob", "admin": True}, {"display_name": "Bob"}),
        ("full", {"threepids": [MAIL, SHOUTED], "rate_limit": {"messages_per_second": 1, "burst_count": 2}}, {}),
        ("full", {"display_name": " Alice "}, {}),
        ("full", {"password": "pw"}, {}),
        ("full", {"password": "pw", "update_password": "always"}, {"password": "pw"}),
        ("right password", {"password": "pw", "update_password": "always"}, {}),
        ("deactivated", {"password": "pw"}, {"deactivated": False, "password": "pw"}),
        ("deactivated", {"state": "absent"}, {}),
        ("deactivated", {"state": "absent", "erase": True}, {"erased": True}),
        ("erased", {"state": "absent"}, {}),
        ("missing", {"state": "absent", "erase": True}, {}),
        ("missing", {"display_name": "A"}, {"deactivated": False, "display_name": "A"}),
    ],
)
def test_the_patch_is_the_smallest(account: str, wish: dict[str, Any], patch: dict[str, Any]) -> None:
    assert users.patch_of(ACCOUNTS[account], entry(**wish)) == patch


def sent(account: str, **wish: Any) -> list[tuple[str, str, Any]]:
    known = ACCOUNTS[account]
    return users.requests(users.patch_of(known, entry(**wish)), exists=known is not None)


def test_a_new_account_is_made_in_one_request_and_locked_in_another() -> None:
    assert sent("missing", password="pw", display_name="A", admin=False) == [
        ("PUT", "v2/users", {"displayname": "A", "password": "pw"})
    ]
    assert sent("missing", display_name="", avatar_url="") == [("PUT", "v2/users", {"displayname": ""})]
    assert sent("missing", locked=True) == [("PUT", "v2/users", {}), ("PUT", "v2/users", {"locked": True})]


def test_who_comes_back_is_put_into_use_before_anything_else() -> None:
    assert sent("erased", password="pw", display_name="B") == [
        ("PUT", "v2/users", {"deactivated": False, "password": "pw"}),
        ("PUT", "v2/users", {"displayname": "B"}),
    ]


def test_nobody_is_erased_unless_it_is_said() -> None:
    assert sent("full", state="absent") == [("POST", "v1/deactivate", {"erase": False})]
    assert sent("full", state="absent", erase=True) == [("POST", "v1/deactivate", {"erase": True})]


def test_a_rate_limit_is_set_and_lifted_by_itself() -> None:
    assert sent("plain", rate_limit={"messages_per_second": 0}) == [
        ("POST", "override", {"messages_per_second": 0, "burst_count": 0})
    ]
    assert sent("full", rate_limit={}) == [("DELETE", "override", None)]
    assert sent("missing", rate_limit={}) == [("PUT", "v2/users", {})]


def test_a_purge_leaves_alone_who_is_named_guarded_a_guest_or_gone() -> None:
    plain = ACCOUNTS["plain"] or {}
    current = {f"@{name}:example.com": plain for name in ("alice", "bob", "bridge_1", "verify-bob", "admin")}
    current |= {"@guest:example.com": {**plain, "is_guest": True}, "@gone:example.com": ACCOUNTS["deactivated"] or {}}
    guard = ["bridge_*", "@verify-bob:example.com", "admin"]
    assert users.superfluous(current, ["@alice:example.com"], guard) == ["@bob:example.com"]
    patches = users.plan(current, {}, ["@bob:example.com"], erase=True)
    assert patches == {"@bob:example.com": {"deactivated": True, "erased": True}}
    assert users.superfluous(users.merge(current, patches), ["@alice:example.com"], guard) == []


def test_a_purge_leaves_administrators_alone() -> None:
    current = {"@first:example.com": {**users.UNKNOWN, "is_guest": False, "admin": True}}
    assert users.superfluous(current, [], []) == []


def test_a_password_is_never_shown() -> None:
    assert users.shown({**FULL, "password": "pw"}, {"password": "pw", "admin": False}) == {"admin": True}
