"""What a unit needs is derived from its state and its files, so that no earlier run has to be remembered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.privatechat.platform.plugins.modules import service_unit
from ansible_collections.privatechat.platform.plugins.modules.service_unit import keep, plan, seconds

RUNNING = {"ActiveState": "active", "UnitFileState": "enabled"}
STARTING = {"ActiveState": "activating"}
QUIET = {"process": 100.0, "reload": 0.0, "start_files": 50.0, "reload_files": 50.0}


def action(state: dict[str, str] | None = None, wanted: str = "started", *, restart: bool = True, **now: float) -> str:
    """Return the planned action for a running, settled unit after some changes."""
    unit: dict[str, Any] = {"name": "x.service", "state": wanted, "restart": restart}
    return plan(unit, RUNNING | (state or {}), QUIET | now)


@pytest.mark.parametrize(
    ("found", "planned"),
    [
        (action(), "none"),
        (action({"ActiveState": "inactive"}), "start"),
        (action({"ActiveState": "failed"}), "start"),
        (action(STARTING), "start"),
        (action(STARTING, start_files=101.0), "restart"),
        (action(STARTING, start_files=101.0, restart=False), "start"),
        (action(STARTING, wanted="stopped"), "disable"),
        (action({"UnitFileState": "disabled"}), "enable"),
        (action({"UnitFileState": "static"}), "none"),
        (action(start_files=101.0), "restart"),
        (action(start_files=100.0), "restart"),
        (action(reload_files=101.0), "reload"),
        (action(reload_files=101.0, reload=102.0), "none"),
        (action(reload_files=103.0, reload=102.0), "reload"),
        (action(start_files=101.0, reload_files=101.0), "restart"),
        (action(wanted="stopped"), "disable"),
        (action({"ActiveState": "inactive", "UnitFileState": "disabled"}, wanted="stopped"), "none"),
        (action(wanted="stopped_if_stale"), "none"),
        (action(wanted="stopped_if_stale", start_files=101.0), "stop"),
        (action({"ActiveState": "inactive"}, wanted="stopped_if_stale", start_files=101.0), "none"),
    ],
)
def test_the_plan_is_the_one_action_needed(found: str, planned: str) -> None:
    assert found == planned


def test_others_of_a_family_are_those_that_are_enabled_and_not_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a@1.service", "a@2.service", "b.service"):
        (tmp_path / "x.wants").mkdir(exist_ok=True)
        (tmp_path / "x.wants" / name).touch()
    monkeypatch.setattr(service_unit, "WANTED", f"{tmp_path}/*.wants/")
    gone = service_unit.unwanted([{"name": "a@1.service"}], ["a@*.service"])
    assert [(unit["name"], unit["state"]) for unit in gone] == [("a@2.service", "stopped")]


def test_systemd_timestamps_are_read_to_the_microsecond() -> None:
    assert seconds("Tue 2026-01-06 10:00:00.250000 UTC") == pytest.approx(1767693600.25)
    assert seconds("") == 0.0


class Calls:
    """A systemd that knows no unit, and keeps what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, ...]] = []

    def run(self, *arguments: str) -> str:
        self.told.append(arguments)
        return ""

    def state(self, _name: str) -> dict[str, str]:
        return {"ActiveState": "inactive", "UnitFileState": "", "NeedDaemonReload": "no", "FragmentPath": ""}


def test_a_unit_that_is_not_there_need_not_be_stopped() -> None:
    systemd = Calls()
    unit = {"name": "x.service", "state": "stopped", "restart_on": [], "reload_on": [], "restart": True}
    assert keep(systemd, unit, check_mode=False) == ("none", False)
    assert systemd.told == []
