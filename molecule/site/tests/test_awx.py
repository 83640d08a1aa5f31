"""The deployed platform is what jobs of AWX find it to be, with secrets that only a credential brings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from testkit.awx import Job, Launch, inventory_of
from testkit.playbook import ROOT

INVENTORY = ROOT / ".lab/inventory"
# How a control machine of its own reaches the nodes; a job has the machines' credential.
CONNECTION = ("ansible_user", "ansible_ssh_private_key_file", "ansible_ssh_common_args", "ansible_control_path_dir")
# Stages are checked with the whole site, too; each by itself takes its time.
STAGES = sorted({path.stem for path in (ROOT / "awx/project").glob("*.yml")} - {"preflight", "site", "users", "verify"})
# Somebody who has an account, for a server that nothing is declared for is not asked.
KNOWN = """'{"platform_people": [{"name": "verify-alice"}]}'"""


@pytest.fixture
def launch(service: Any, tmp_path: Path) -> Callable[..., Job]:
    """Return a function that runs a job and sees that it has left no secret."""
    secrets = yaml.safe_load((INVENTORY / "group_vars/all/secrets.yml").read_text())
    key = (ROOT / service.summary["ssh_key"]).read_text()

    def run(playbook: str, *arguments: str) -> Job:
        given = Launch(
            tmp_path / "job",
            inventory_of(INVENTORY, *CONNECTION),
            user=service.summary["ssh_user"],
            ssh_key=key,
            secrets={name: value.strip() for name, value in secrets.items()},
        )
        job = given.run(playbook, *arguments)
        certificate = secrets["platform_secret_ca_certificate"]
        words = {line for value in (*secrets.values(), key) for line in value.splitlines() if line not in certificate}
        assert job.files_with(*words) == []
        return job

    return run


def test_verify_is_a_job(launch: Callable[..., Job]) -> None:
    job = launch("verify")
    assert job.status == "successful", job.output[-4000:]
    assert "message delivered" in job.output


def test_a_check_of_the_whole_site_is_a_job_that_would_change_nothing(launch: Callable[..., Job]) -> None:
    job = launch("site", "--check", "--diff")
    assert job.status == "successful", job.output[-4000:]
    assert job.changed == 0
    assert "\n+++ after" not in job.output


@pytest.mark.parametrize(
    "playbook", ["users", *(pytest.param(name, marks=pytest.mark.fault) for name in ("preflight", *STAGES))]
)
def test_a_check_of_a_playbook_by_itself_is_a_job(launch: Callable[..., Job], playbook: str) -> None:
    job = launch(playbook, "--check", "-e", KNOWN)
    assert job.status == "successful", job.output[-4000:]
    assert job.changed == 0
