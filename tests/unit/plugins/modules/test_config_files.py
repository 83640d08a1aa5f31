"""All files of a service are written together, after they were checked, and never show their secrets."""

from __future__ import annotations

import getpass
import grp
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.privatechat.platform.plugins.modules import config_files

Run = Callable[..., dict[str, Any]]
ME = {"owner": getpass.getuser(), "group": grp.getgrgid(os.getgid()).gr_name}
REFUSE = ["/bin/sh", "-c", "echo line 3 is wrong; exit 1"]


@pytest.fixture
def run(run_module: Run) -> Run:
    return lambda args, **options: run_module(config_files.main, args, **options)


def one(path: Path, text: str, **more: Any) -> dict[str, Any]:
    """Return arguments that want one file."""
    return {"files": [{"path": str(path), "content": text, **ME, **more}]}


def test_check_do_check_do(run: Run, tmp_path: Path) -> None:
    wanted = one(tmp_path / "new" / "a.conf", "x = 1\n", mode="0640")
    assert run(wanted, check=True)["changed"]
    assert not (tmp_path / "new").exists()
    assert run(wanted)["changed_paths"] == [str(tmp_path / "new" / "a.conf")]
    assert (tmp_path / "new" / "a.conf").stat().st_mode & 0o777 == 0o640
    assert not run(wanted, check=True)["changed"]
    assert not run(wanted)["changed"]


def test_a_refused_file_replaces_nothing_and_says_why(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_text("good\n")
    files = one(tmp_path / "a.conf", "bad\n")["files"] + one(tmp_path / "b.conf", "new\n")["files"]
    answer = run({"files": files, "validate": [REFUSE]})
    assert answer["failed"]
    assert "line 3 is wrong" in answer["msg"]
    assert (tmp_path / "a.conf").read_text() == "good\n"
    assert not (tmp_path / "b.conf").exists()


def test_the_check_sees_all_files_and_runs_only_on_change(run: Run, tmp_path: Path) -> None:
    (tmp_path / "same.conf").write_text("same\n")
    files = one(tmp_path / "same.conf", "same\n")["files"] + one(tmp_path / "other.conf", "other\n")["files"]
    sees_both = ["/bin/sh", "-c", f"cat {{staged}}{tmp_path}/same.conf {{staged}}{tmp_path}/other.conf"]
    assert run({"files": files, "validate": [sees_both]})["changed"]
    assert not run({"files": files, "validate": [REFUSE]}).get("failed")


def test_secrets_are_in_no_answer(run: Run, tmp_path: Path) -> None:
    secret = {"path": str(tmp_path / "s"), "secret_content": "hunter2\n", "mode": "0600", **ME}
    assert "hunter2" not in str(run({"files": [secret]}))
    assert "hunter2" not in str(run({"files": [{**secret, "secret_content": "hunter3\n"}]}))
    assert (tmp_path / "s").read_text() == "hunter3\n"


def test_a_diff_shows_before_and_after(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old\n")
    (diff,) = run(one(tmp_path / "a", "new\n"))["diff"]
    assert (diff["before"], diff["after"]) == ("old\n", "new\n")


def test_wrong_access_is_mended_without_rewriting(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("x\n")
    path.chmod(0o666)
    before = path.stat().st_ino
    assert run(one(path, "x\n", mode="0600"))["changed"]
    assert (path.stat().st_mode & 0o777, path.stat().st_ino) == (0o600, before)


def test_what_matches_and_is_not_wanted_goes_and_is_kept_elsewhere(run: Run, tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text("old\n")
    (tmp_path / "note.txt").write_text("mine\n")
    keep = tmp_path / "keep"
    wanted = {**one(tmp_path / "new.yaml", "new\n"), "absent": [f"{tmp_path}/*.yaml"], "keep": str(keep)}
    assert run(wanted)["changed"]
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["new.yaml", "note.txt"]
    assert Path(f"{keep}{tmp_path}/old.yaml").read_text() == "old\n"


@pytest.mark.parametrize(("first", "kept"), [(True, "theirs\n"), (False, "ours\n")])
def test_the_version_of_somebody_else_outlives_later_changes(run: Run, tmp_path: Path, first: bool, kept: str) -> None:
    path, keep = tmp_path / "hosts", tmp_path / "keep"
    path.write_text("theirs\n")
    for content in ("ours\n", "ours, later\n"):
        assert run({**one(path, content), "keep": str(keep), "keep_first": first})["changed"]
    assert Path(f"{keep}{path}").read_text() == kept


def test_a_file_of_the_daemon_is_written_once(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "seed.conf"
    assert run(one(path, "seed\n", replace=False))["changed"]
    path.write_text("rewritten by the daemon\n")
    assert not run(one(path, "seed\n", replace=False))["changed"]


def test_an_unknown_owner_is_an_error_but_not_in_check_mode(run: Run, tmp_path: Path) -> None:
    wanted = one(tmp_path / "a", "x\n", owner="nobody-yet")
    assert run(wanted, check=True)["changed"]
    answer = run(wanted)
    assert answer["failed"]
    assert "'nobody-yet', who does not exist" in answer["msg"]
    assert not (tmp_path / "a").exists()
