"""A host changes what its processes do only where all hosts change together."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from render import rendering
from testkit.playbook import Run, play_text

PLAY = """
- name: The plan is one that this host may carry out
  hosts: all
  gather_facts: false
  connection: local
  vars_files: [inputs.json]
  tasks:
    - name: Check the plan
      ansible.builtin.include_role:
        name: privatechat.platform.synapse
        tasks_from: preflight
"""
SAMPLE = rendering.samples("synapse")["smallest"]
WRITTEN = rendering.written("synapse", "smallest", "13")["/etc/matrix-synapse/processes.yaml"]
NOTED = hashlib.sha256(WRITTEN.encode()).hexdigest()


def judged(directory: Path, division: str, **inputs: Any) -> Run:
    """Run the role's preflight on a host whose last run noted this division of work, none when it is empty."""
    local = {"privatechat_chat": {"division": division}} if division else {}
    facts = {"ansible_facts": {"ansible_local": local}}
    (directory / "inputs.json").write_text(json.dumps({**SAMPLE, **facts, **inputs}))
    return play_text(PLAY, "chat1,", directory)


def test_some_hosts_go_on_with_the_division_they_have(tmp_path: Path) -> None:
    run = judged(tmp_path, NOTED, synapse_divide_work=False)
    assert run.status == 0, run.output


@pytest.mark.parametrize("noted", ["of another plan", ""])
def test_some_hosts_do_not_change_who_does_what(tmp_path: Path, noted: str) -> None:
    run = judged(tmp_path, noted, synapse_divide_work=False)
    assert run.status == 2
    words = " ".join(run.output.split())
    assert "Cannot change which process does what on 192.0.2.31: not all chat hosts take part" in words, run.output


def test_all_hosts_change_it_together(tmp_path: Path) -> None:
    run = judged(tmp_path, "of another plan")
    assert run.status == 0, run.output
