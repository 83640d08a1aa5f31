"""A new edge shares the floating address in a run with all edges only, for the others have to speak to it."""

from __future__ import annotations

import pytest
from render import rendering

from house import tree

EDGES = ["host1", "host2.example.com", "host3"]


@pytest.mark.parametrize(
    ("run", "member", "refused"),
    [
        (EDGES, False, False),
        (["host3"], False, True),
        (["host3"], True, False),
    ],
    ids=["all take part", "a new one alone", "one of old alone"],
)
def test_a_new_member_alone_in_the_run_is_refused(run: list[str], *, member: bool, refused: bool) -> None:
    known = rendering.variables("keepalived", "largest", "13")
    known |= {"ansible_play_hosts": run, "__keepalived_before": {"stat": {"exists": member}}}
    wiring = rendering.load("playbooks/vars/keepalived.yml")["keepalived_new_members"]
    known["keepalived_new_members"] = rendering.value_of("wiring", {**known, "wiring": wiring})
    tasks = list(tree.tasks_in(rendering.load("roles/keepalived/tasks/preflight.yml")))
    judged = rendering.value_of(tasks[-1]["when"], known) and not rendering.value_of(
        tasks[-1]["ansible.builtin.assert"]["that"], known
    )
    assert judged is refused
