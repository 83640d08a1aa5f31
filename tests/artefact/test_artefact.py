"""The installed collection deploys a bare machine, however often its control process is killed on the way."""

from __future__ import annotations

import os
import signal

import pytest

from .conftest import Operator

# Inside the package transaction, between database and cache, and while the chat server is set up.
MOMENTS = [
    "base : install | Install all packages",
    "postgresql : service |",
    "synapse : service |",
]


def kill_at(operator: Operator, moment: str) -> str:
    """Run site until a task is announced, kill the control process and all its children, return the output so far."""
    process = operator.start("site")
    seen = []
    assert process.stdout is not None
    for line in process.stdout:
        seen.append(line)
        if line.startswith("TASK") and moment in line:
            break
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return "".join(seen)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_gets_past_the_moment_at_which_the_last_was_killed(operator: Operator, moment: str) -> None:
    output = kill_at(operator, moment)
    assert moment in output, output[-4000:]


def test_the_next_run_finishes_what_killed_ones_began(operator: Operator) -> None:
    status, output = operator.run("site")
    assert status == 0, output[-8000:]
    assert "failed=0" in output


def test_a_run_after_that_changes_nothing(operator: Operator) -> None:
    status, output = operator.run("site")
    assert status == 0, output[-8000:]
    assert "changed=0" in output, output[-8000:]
