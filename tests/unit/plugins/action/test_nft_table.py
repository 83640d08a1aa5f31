"""Rules stay in force when the host can be reached over a new connection, and are told of when it cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import MagicMock

import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError

from ansible_collections.privatechat.platform.plugins.action import nft_table
from ansible_collections.privatechat.platform.plugins.plugin_utils import _confirmation

ARGS = {"name": "my_table", "rules": "chain x { }", "path": "/etc/nftables.d/a b.nft"}
ARMED, CONFIRMED, TOO_LATE = (
    {"rc": 0, "stdout": "", "stderr": ""},
    {"rc": 0, "stdout": "", "stderr": ""},
    {"rc": 5, "stdout": "", "stderr": "Unit privatechat-restore-nft-table-my-table.timer not loaded."},
)
Run = Callable[..., Any]


@pytest.fixture
def act(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs the plugin with answers of its module and of the host's shell."""
    ticks = iter(range(0, 10_000, 5))
    monkeypatch.setattr(_confirmation.Guard.__init__, "__defaults__", (lambda: next(ticks), lambda _seconds: None))

    def run(modules: list[Any], scripts: list[Any], *, check: bool = False) -> tuple[MagicMock, dict[str, Any]]:
        task, connection = MagicMock(check_mode=check, async_val=0, args=dict(ARGS)), MagicMock()
        action = nft_table.ActionModule(task, connection, MagicMock(), MagicMock(), MagicMock(), MagicMock())
        host = MagicMock()
        connection.reset = host.reset
        host.module.side_effect, host.shell.side_effect = modules, scripts
        monkeypatch.setattr(action, "_execute_module", host.module)
        monkeypatch.setattr(action, "_low_level_execute_command", host.shell)
        try:
            return host, action.run(task_vars={})
        except Exception as exc:
            exc.host = host  # type: ignore[attr-defined]
            raise

    return run


def test_rules_that_are_in_force_need_no_new_connection(act: Run) -> None:
    host, answer = act([{"changed": False}], [])
    assert answer == {"changed": False}
    assert not host.shell.called
    assert not host.reset.called


@pytest.mark.parametrize("first", [{"changed": True, "diff": {}}, {"failed": True, "msg": "refused"}])
def test_a_check_or_a_refusal_ends_before_anything_is_prepared(act: Run, first: dict[str, Any]) -> None:
    host, answer = act([first], [], check=not first.get("failed"))
    assert answer == first
    assert not host.shell.called


def test_the_host_is_armed_then_changed_then_reached_anew(act: Run) -> None:
    host, answer = act([{"changed": True}, {"changed": True, "path": "x"}], [ARMED, CONFIRMED])
    assert answer == {"changed": True, "path": "x"}
    names = [name for name, _args, _options in host.mock_calls]
    assert names == ["module", "shell", "module", "reset", "shell"]
    assert [call.kwargs["module_args"]["load"] for call in host.module.call_args_list] == [False, True]
    arming, confirming = [call.args[0] for call in host.shell.call_args_list]
    assert "--on-active=60 " in arming
    assert "mv -f" in confirming
    assert "a b.nft" in confirming


def test_rules_that_keep_the_run_out_end_it_with_one_message(act: Run) -> None:
    gone = [AnsibleConnectionFailure("timed out")] * 10
    with pytest.raises(AnsibleActionFail, match="The host has gone back") as failure:
        act([{"changed": True}] * 2, [ARMED, *gone, TOO_LATE, CONFIRMED])
    said = str(failure.value)
    assert said.startswith("Cannot keep the new rules of the table inet my_table, since no new connection")
    assert "within 60 s" in said
    assert "the address that this run comes from" in said


def test_rules_that_the_kernel_refuses_after_all_are_taken_back(act: Run) -> None:
    host, answer = act([{"changed": True}, {"failed": True, "msg": "busy"}], [ARMED, CONFIRMED])
    assert answer["msg"] == "busy"
    assert "/undo" in host.shell.call_args.args[0]


def test_a_host_that_is_away_from_the_beginning_is_unreachable(act: Run) -> None:
    with pytest.raises(AnsibleConnectionFailure, match="no route"):
        act([{"changed": True}], [AnsibleConnectionFailure("no route")])


def test_a_task_may_not_load_without_the_plugin_s_care(act: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ARGS, "load", True)
    with pytest.raises(AnsibleError, match="load"):
        act([], [])


def test_what_brings_the_table_back_knows_a_host_that_had_none() -> None:
    change = nft_table.change_of({**ARGS, "family": "inet", "confirm_seconds": 7})
    assert change.unit == "privatechat-restore-nft-table-my-table"
    assert "|| : > before" in change.save
    assert "delete table inet my_table" in change.restore
