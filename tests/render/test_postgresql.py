"""How long the run waits for a member of the database: for one that copies it as long as that takes."""

from __future__ import annotations

from typing import Any

import pytest
from render import rendering

from house import tree


@pytest.mark.parametrize(
    ("attempts", "answer", "ended"),
    [
        (5, {"status": 200, "json": {"state": "running"}}, True),
        (5, {"status": -1}, False),
        (600, {"status": -1}, True),
        (600, {"status": 503, "json": {"state": "start failed"}}, True),
        (600, {"status": 503, "json": {"state": "creating replica"}}, False),
        (1201, {"status": 503, "json": {"state": "stopped"}}, False),
        (6000, {"status": 503, "json": {"state": "creating replica"}}, False),
        (6000, {"status": 503, "json": {"state": "starting"}}, False),
        (6600, {"status": 503, "json": {"state": "stopped"}}, True),
    ],
)
def test_a_member_that_copies_the_database_is_waited_for(attempts: int, answer: dict[str, Any], *, ended: bool) -> None:
    tasks = tree.tasks_in(rendering.load("roles/postgresql/tasks/service.yml"))
    waits = next(task for task in tasks if "until" in task)
    known = {waits["register"]: {**answer, "attempts": attempts}}
    assert rendering.value_of(waits["until"], known) is ended
    assert waits["retries"] > attempts
