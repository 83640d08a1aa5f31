"""A change stays when a new connection confirms it; otherwise the host goes back by itself, and the run says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from unit.confirming_machine import Machine

from ansible_collections.privatechat.platform.plugins.plugin_utils import _confirmation
from ansible_collections.privatechat.platform.plugins.plugin_utils._confirmation import (
    Change,
    Guard,
    NotConfirmed,
    Remote,
    Unreachable,
)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(_confirmation, "DIRECTORY", str(tmp_path / "confirm"))
    return Machine(tmp_path)


def change(machine: Machine, **more: Any) -> Change:
    return Change(
        "x", save=f"cp {machine.state} saved", restore=f"cp saved {machine.state}; echo 'it is' > /dev/null", **more
    )


def guard(machine: Machine, **more: Any) -> Guard:
    return Guard(machine, change(machine, **more), lambda: machine.time, machine.sleep)


def applying(machine: Machine, text: str = "new", **result: Any) -> Callable[[], dict[str, Any]]:
    def apply() -> dict[str, Any]:
        machine.state.write_text(text)
        return {"changed": True, **result}

    return apply


def left(machine: Machine) -> list[str]:
    return sorted(path.name for path in machine.root.iterdir() if path.suffix == ".timer") + sorted(
        path.name for path in machine.root.glob("confirm/*")
    )


def test_a_change_that_a_new_connection_confirms_stays(machine: Machine) -> None:
    keep = f"cp {machine.state} {machine.root}/kept"
    assert guard(machine, keep=keep).make(applying(machine)) == {"changed": True}
    machine.elapse()
    assert (machine.state.read_text(), (machine.root / "kept").read_text()) == ("new", "new")
    assert machine.resets == 1
    assert left(machine) == []


def test_a_change_that_cuts_the_connection_is_taken_back_by_the_host_and_told(machine: Machine) -> None:
    machine.cut = lambda: machine.state.read_text() == "new"
    with pytest.raises(NotConfirmed, match=r"No new connection: timed out\. The host has gone back"):
        guard(machine).make(applying(machine))
    assert machine.state.read_text() == "old"
    assert 60 <= machine.time < 60 + 20
    assert left(machine) == []


def test_a_connection_that_fails_once_is_tried_again(machine: Machine) -> None:
    machine.cut = lambda: len(machine.scripts) == 2
    guard(machine).make(applying(machine))
    assert (machine.state.read_text(), machine.resets) == ("new", 2)


def test_a_confirmation_that_comes_too_late_is_none(machine: Machine) -> None:
    def slow() -> dict[str, Any]:
        result = applying(machine)()
        machine.sleep(61)
        return result

    with pytest.raises(NotConfirmed, match="could not confirm it: not loaded"):
        guard(machine).make(slow)
    assert machine.state.read_text() == "old"


def test_a_state_that_cannot_be_kept_is_taken_back(machine: Machine) -> None:
    with pytest.raises(NotConfirmed, match=r"could not confirm it.*has gone back"):
        guard(machine, keep="false; true").make(applying(machine))
    assert machine.state.read_text() == "old"
    assert left(machine) == []


def test_a_change_that_fails_is_taken_back_at_once(machine: Machine) -> None:
    assert guard(machine).make(applying(machine, failed=True, msg="no"))["msg"] == "no"
    assert (machine.state.read_text(), machine.time) == ("old", 0)
    with pytest.raises(ZeroDivisionError):
        guard(machine).make(lambda: {"changed": 1 / 0})
    assert left(machine) == []


def test_a_host_that_stays_away_is_told_of(machine: Machine) -> None:
    machine.cut = lambda: machine.resets > 0
    with pytest.raises(NotConfirmed, match=r"unknown: ask its console for privatechat-restore-x"):
        guard(machine).make(applying(machine))


def test_what_a_dead_run_left_unconfirmed_is_never_the_state_to_go_back_to(machine: Machine) -> None:
    machine.sh(change(machine).arming())
    machine.state.write_text("unconfirmed")
    assert guard(machine).make(applying(machine, failed=True))["failed"]
    assert machine.state.read_text() == "old"


def test_nothing_is_changed_where_going_back_cannot_be_prepared(machine: Machine) -> None:
    (machine.root / "systemd-run").write_text("#!/bin/sh\necho no bus; exit 1\n")
    with pytest.raises(NotConfirmed, match=r"Nothing was changed.*no bus"):
        guard(machine).make(applying(machine))
    assert machine.state.read_text() == "old"
    assert left(machine) == []


def test_a_name_that_is_no_part_of_a_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="'a b'"):
        Change("a b", save="", restore="")


def test_an_action_plugin_s_lost_connection_is_told_apart_from_a_status() -> None:
    action = MagicMock()
    action._low_level_execute_command.side_effect = [{"rc": 3, "stdout": "a", "stderr": "b"}, OSError("gone")]
    remote = Remote(action, OSError)
    assert remote.run("x") == (3, "a\nb")
    with pytest.raises(Unreachable, match="gone"):
        remote.run("x")
