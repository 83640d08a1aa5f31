"""Running the site playbook on a deployed platform finds nothing to do, whatever the tests before have broken in it."""

from __future__ import annotations

from testkit.playbook import ROOT, play

INVENTORY = ROOT / ".lab/inventory"
# What a run that changes nothing takes, on all hosts of an inventory. Each costs a round trip, about 0.15 s of a
# processor: whoever adds one adds it here, so that growth is seen.
HOST_TASKS = {"lab": 535, "single": 144}


def test_a_run_changes_nothing_in_few_tasks() -> None:
    run = play("site", INVENTORY)
    assert run.status == 0, run.output[-4000:]
    assert run.changed_tasks == []
    assert run.changed == 0
    assert run.host_tasks <= HOST_TASKS[(ROOT / ".lab/demo").read_text()]
