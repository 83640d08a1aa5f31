"""Running the site playbook on a deployed platform finds nothing to do."""

from __future__ import annotations

from testkit.playbook import ROOT, play

INVENTORY = ROOT / ".lab/inventory"


def test_a_second_run_changes_nothing() -> None:
    run = play("site", INVENTORY)
    assert run.status == 0, run.output[-4000:]
    assert run.changed_tasks == []
    assert run.changed == 0


def test_a_check_run_would_change_nothing() -> None:
    run = play("site", INVENTORY, "--check", "--diff")
    assert run.status == 0, run.output[-4000:]
    assert run.changed_tasks == []
    assert "\n+++ after" not in run.output
