"""What a unit needs is derived from its state and its files, so that no earlier run has to be remembered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.privatechat.platform.plugins.modules import service_unit
from ansible_collections.privatechat.platform.plugins.modules.service_unit import keep, look, plan, seconds

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
    """A systemd whose unit was starting and has started since; it keeps what it was told."""

    def __init__(self, **state: str) -> None:
        self.state = {"ActiveState": "inactive", "UnitFileState": "", "NeedDaemonReload": "no", "FragmentPath": ""}
        self.state |= state
        self.told: list[str] = []

    def run(self, *arguments: str) -> str:
        self.told.append(arguments[0])
        return ""

    def units(self, names: list[str]) -> list[dict[str, str]]:
        return [self.state for _name in names]


def wanted(state: str = "started", *restart_on: str, restart: bool = True) -> dict[str, Any]:
    """Return an entry of the module's list of units."""
    return {"name": "x.service", "state": state, "restart_on": restart_on, "reload_on": [], "restart": restart}


def test_a_unit_that_is_not_there_need_not_be_stopped() -> None:
    systemd, unit = Calls(), wanted("stopped")
    state = look(systemd, [unit], check_mode=False)["x.service"]
    assert keep(systemd, unit, state, check_mode=False) == ("none", False)
    assert systemd.told == []


@pytest.mark.parametrize("news", [{"NeedDaemonReload": "yes"}, {"FragmentPath": ""}])
@pytest.mark.parametrize("check_mode", [False, True])
def test_systemd_reads_files_that_are_new_to_it_except_in_a_check(news: dict[str, str], check_mode: bool) -> None:
    systemd = Calls(**{"FragmentPath": "/x.service", **news})
    look(systemd, [wanted()], check_mode=check_mode)
    assert systemd.told == ([] if check_mode else ["daemon-reload"])


@pytest.mark.parametrize(
    ("restart", "done", "told"),
    [(False, ("start", True), ["enable", "start"]), (True, ("restart", False), ["enable", "restart"])],
)
def test_a_process_that_began_before_its_configuration_is_stale_however_long_it_took_to_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, restart: bool, done: tuple[str, bool], told: list[str]
) -> None:
    monkeypatch.setattr(service_unit, "STAMPS", str(tmp_path / "stamps"))
    (tmp_path / "x.conf").touch()
    unit = wanted("started", str(tmp_path / "x.conf"), restart=restart)
    systemd = Calls(FragmentPath="/x.service", ExecMainStartTimestamp="Tue 2026-01-06 10:00:00.250000 UTC")
    assert keep(systemd, unit, systemd.state | {"ActiveState": "activating"}, check_mode=False) == done
    assert systemd.told == told
