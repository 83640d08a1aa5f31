"""What differs is found without touching it, and a diff never quotes a secret."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import Any

from ansible_collections.privatechat.platform.plugins.module_utils._files import diff_of, plan, unusable

ME = pwd.getpwuid(os.getuid()).pw_name
ENTRY: dict[str, Any] = {"secret_content": None, "owner": ME, "group": ME, "mode": "0644", "replace": True}


def wanted(**parts: list[Any]) -> dict[str, Any]:
    """Return the module's parameters with some parts set."""
    return {"directories": [], "files": [], "absent": []} | parts


def test_nothing_wanted_is_nothing_to_do() -> None:
    assert not any(plan(wanted()).values())


def test_planning_changes_nothing(tmp_path: Path) -> None:
    entry = {**ENTRY, "path": str(tmp_path / "new" / "a"), "content": "x"}
    assert plan(wanted(files=[entry]))["content"] == [entry]
    assert list(tmp_path.iterdir()) == []


def test_a_directory_in_the_place_of_a_pattern_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.d").mkdir()
    (tmp_path / "a.conf").touch()
    assert plan(wanted(absent=[f"{tmp_path}/a.*"]))["remove"] == [f"{tmp_path}/a.conf"]


def test_the_diff_of_a_secret_says_only_that_it_changed(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("before")
    entry = {**ENTRY, "path": str(tmp_path / "s"), "content": None, "secret_content": "after"}
    (diff,) = diff_of(plan(wanted(files=[entry])))
    assert "before" not in diff["before"]
    assert "after" not in diff["after"]
    assert diff["before"] != diff["after"]


def test_every_unknown_owner_and_group_is_named() -> None:
    entry = {**ENTRY, "path": "/x", "content": "", "owner": "no-user", "group": "no-group"}
    found = unusable(wanted(files=[entry]))
    assert [word in text for word, text in zip(("'no-user'", "'no-group'"), found, strict=True)] == [True, True]
