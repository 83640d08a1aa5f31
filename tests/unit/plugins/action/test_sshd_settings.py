"""Settings of sshd stay when a new connection gets in, and are gone when none does."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from unit.sshd_machine import NEW, OLD, Host

from ansible_collections.privatechat.platform.plugins.action import sshd_settings
from ansible_collections.privatechat.platform.plugins.plugin_utils import _confirmation

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setattr(_confirmation, "DIRECTORY", str(tmp_path / "confirm"))
    monkeypatch.setattr(sshd_settings, "BOOT", str(tmp_path / "boot.conf"))
    return Host(tmp_path)


@pytest.fixture
def run(host: Host, monkeypatch: pytest.MonkeyPatch) -> Run:
    def run_action(content: str = NEW, *, check: bool = False) -> dict[str, Any]:
        task = MagicMock(check_mode=check, async_val=0, args={"path": str(host.state), "content": content})
        action = sshd_settings.ActionModule(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), MagicMock())

        def command(script: str, sudoable: bool) -> dict[str, Any]:
            assert sudoable
            try:
                status, said = host.run(script)
            except _confirmation.Unreachable as exc:
                raise AnsibleConnectionFailure(str(exc)) from exc
            return {"rc": status, "stdout": said, "stderr": ""}

        monkeypatch.setattr(action, "_low_level_execute_command", command)
        monkeypatch.setattr(
            action, "_execute_module", lambda module_args, **_: host.files(task.check_mode, module_args)
        )
        monkeypatch.setattr(action._connection, "reset", host.reset)
        guard = lambda on, change: _confirmation.Guard(on, change, lambda: host.time, host.sleep)  # noqa: E731
        monkeypatch.setattr(sshd_settings, "Guard", guard)
        return action.run(task_vars={})

    return run_action


def test_settings_that_let_the_run_in_stay_and_are_read(run: Run, host: Host) -> None:
    result = run()
    assert (result["changed"], host.content, host.resets) == (True, NEW, 1)
    assert (host.root / "reloads").read_text() == "reload\n"
    host.elapse()
    assert host.content == NEW


def test_the_second_run_changes_and_reloads_nothing(run: Run, host: Host) -> None:
    run()
    assert run()["changed"] is False
    assert ((host.root / "reloads").read_text(), host.resets) == ("reload\n", 1)


def test_a_check_tells_and_leaves_everything_as_it_is(run: Run, host: Host) -> None:
    assert run(check=True)["changed"] is True
    assert (host.content, host.scripts) == (OLD, [])


def test_what_sshd_refuses_is_not_written(run: Run, host: Host) -> None:
    host.refused = "Bogus"
    result = run("Bogus yes\n")
    assert result["failed"]
    assert "Bogus" in result["msg"]
    assert (host.content, host.scripts) == (OLD, [])


@pytest.mark.parametrize("existed", [True, False])
def test_settings_that_keep_the_run_out_are_taken_back(run: Run, host: Host, existed: bool) -> None:
    host.locked_by = "AllowUsers nobody"
    if not existed:
        host.state.unlink()
    with pytest.raises(AnsibleActionFail, match=r"does not get in with them.*timed out.*has gone back.*Correct"):
        run("AllowUsers nobody\n")
    assert (host.content, host.state.exists()) == (OLD if existed else "", existed)
    assert not Path(sshd_settings.BOOT).exists()
    assert (host.root / "reloads").read_text() == "reload\nreload\n"


def test_what_a_run_left_unconfirmed_is_confirmed_by_the_next(run: Run, host: Host) -> None:
    host.sh(sshd_settings.change_of(str(host.state)).arming())
    host.state.write_text(NEW)
    assert run()["changed"] is True
    host.elapse()
    assert host.content == NEW


@pytest.mark.skipif(not shutil.which("systemd-tmpfiles"), reason="systemd-tmpfiles is not installed, so nothing boots")
@pytest.mark.parametrize("existed", [True, False])
def test_only_confirmed_settings_survive_a_loss_of_power(run: Run, host: Host, existed: bool) -> None:
    if not existed:
        host.state.unlink()
    assert host.sh(sshd_settings.change_of(str(host.state)).arming())[0] == 0
    host.state.write_text(NEW)
    host.lose_power()
    assert (host.content, host.state.exists()) == (OLD if existed else "", existed)
    assert run()["changed"] is True
    host.lose_power()
    assert host.content == NEW


def test_a_reload_that_fails_brings_the_old_settings_back(run: Run, host: Host) -> None:
    (host.root / "systemctl").write_text(
        '#!/bin/sh\n[ "$1" = try-reload-or-restart ] && { echo job failed; grep -q yes "$TIMERS/state"; exit; }\n'
        '[ "$1" = stop ] || exit 3\nrm "$TIMERS/$2"\n'
    )
    result = run()
    assert result["failed"]
    assert "job failed" in result["msg"]
    assert host.content == OLD
