"""What must not be done to accounts is refused, everything that is wrong at once."""

from __future__ import annotations

from typing import Any

from ansible_collections.privatechat.platform.plugins.module_utils import _synapse_users as users

EMPTY: dict[str, Any] = {
    **dict.fromkeys(("locked", "admin", "display_name", "avatar_url", "threepids", "password", "rate_limit")),
    "state": "present",
    "erase": False,
    "update_password": "on_create",
}
MAIL = {"medium": "email", "address": "alice@example.com"}


def entry(**more: Any) -> dict[str, Any]:
    return {**EMPTY, **more}


def test_a_purge_beyond_its_limit_is_refused_by_name() -> None:
    names = [f"@user{number}:example.com" for number in range(12)]
    assert users.too_many(names, 12) == ""
    refusal = users.too_many(names, 11)
    assert "would remove 12 accounts and may remove 11: @user0:example.com, " in refusal
    assert "and 2 more" in refusal


def test_every_problem_is_named_at_once() -> None:
    entries = [
        entry(name="alice"),
        entry(name="@alice:example.com"),
        entry(name="@bob:elsewhere.org"),
        entry(name="Carol"),
        entry(name="dan", avatar_url="https://x/y.png"),
        entry(name="eve", erase=True),
        entry(name="frank", update_password="always"),
        entry(name="verify-bob", state="absent"),
        entry(name="admin", locked=True),
        entry(name="f", threepids=[{"medium": "email", "address": "nowhere"}]),
        entry(name="g", threepids=[MAIL]),
        entry(name="h", threepids=[MAIL]),
    ]
    found = users.problems(entries, "example.com", ["verify-*"], "@admin:example.com")
    words = ["'@alice:example.com' is given 2 times", "'@bob:elsewhere.org' is no user of example.com"]
    words += ["'Carol' is no user name", "'dan' has the avatar 'https://x/y.png'", "'eve' is present and to be erased"]
    words += ["'frank' has update_password: always and no password", "'verify-bob' is guarded and shall be absent"]
    words += ["'admin' is who does this and would lock itself out", "'f' has the address 'nowhere'"]
    words += ["'alice@example.com' belongs to two users"]
    assert len(found) == len(words)
    assert [problem for problem, start in zip(found, words, strict=True) if not problem.startswith(start)] == []
