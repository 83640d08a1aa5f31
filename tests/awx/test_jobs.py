"""Every playbook of AWX's project is a job that ansible-runner can run, with secrets that only a credential brings."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret
from testkit.awx import Job, Launch, inventory_of
from testkit.playbook import ROOT

from ansible_collections.privatechat.platform.plugins.plugin_utils import _secrets
from house import tree

PROJECT = sorted(Path(name).stem for name in tree.below("awx/project/", ".yml") if name.count("/") == 2)
# Nobody answers there, so a job that asks a host cannot hide it.
NOWHERE = {"ansible_host": "127.0.0.2", "ansible_port": 9, "platform_address": "192.0.2.10"}
ROWS = yaml.safe_load(tree.text("playbooks/vars/secrets.yml"))["__secrets"]
Run = Callable[..., Job]


@pytest.fixture(scope="module")
def inventory() -> dict[str, Any]:
    inventory = inventory_of(ROOT / "inventories/example", "ansible_user")
    inventory["_meta"]["hostvars"]["chat1"] |= NOWHERE
    return inventory


@pytest.fixture(scope="module")
def secrets() -> dict[str, str]:
    """Return a value for each secret, without the line's end that a form takes off."""
    made = _secrets.make([{**row, "common_name": "Test authority"} for row in ROWS], [])
    return {name: value.strip() for name, value in made.items()}


@pytest.fixture
def run(tmp_path: Path, inventory: dict[str, Any]) -> Run:
    def launch(playbook: str, *arguments: str, **given: Any) -> Job:
        return Launch(tmp_path / "job", inventory, **given).run(playbook, *arguments)

    return launch


@pytest.mark.parametrize("playbook", PROJECT)
def test_a_playbook_of_the_project_is_the_collections(run: Run, playbook: str) -> None:
    job = run(playbook, "--list-tasks")
    assert job.status == "successful", job.output
    plays = [play["name"] for play in tree.playbooks()[playbook] if "hosts" in play]
    assert "TAGS: [always" in job.output
    assert [name for name in plays if name not in job.output] == []


def test_secrets_that_a_credential_brings_are_enough_and_stay_nowhere(run: Run, secrets: dict[str, str]) -> None:
    job = run("secrets", secrets=secrets)
    assert job.status == "successful", job.output
    assert job.changed == 0
    assert job.events("runner_on_unreachable") == []
    assert job.files_with(*(line for value in secrets.values() for line in value.splitlines())) == []
    assert list(job.directory.rglob("secrets.y*ml")) == [job.directory / "project/secrets.yml"]


def test_a_job_without_a_secret_is_refused_with_all_else_that_is_wrong(run: Run, secrets: dict[str, str]) -> None:
    given = {name: value for name, value in secrets.items() if name != "platform_secret_redis_password"}
    job = run("site", secrets=given, answers={"platform_users": 0})
    assert job.status == "failed"
    problems = [line.strip() for line in job.output.splitlines() if line.strip()[:2] in ("1.", "2.", "3.")]
    assert [text for text in problems if "Cannot make 1 secret, platform_secret_redis_password: no file" in text]
    assert [text for text in problems if "'chat1' cannot be examined over SSH at 192.0.2.10" in text]
    assert [text for text in problems if "platform_users is '0'" in text]
    assert job.changed == 0
    assert not (job.directory / "inventory/group_vars").exists()


def test_an_encrypted_file_of_the_project_may_hold_the_secrets(
    run: Run, secrets: dict[str, str], tmp_path: Path
) -> None:
    kept = tmp_path / "kept.yml"
    kept.write_bytes(VaultLib([("default", VaultSecret(b"open sesame"))]).encrypt(yaml.safe_dump(secrets)))
    before = kept.read_bytes()
    answers = {"platform_secrets_file": str(kept)}
    job = run("secrets", answers=answers, vault_password="open sesame")
    assert job.status == "successful", job.output
    assert job.changed == 0
    assert kept.read_bytes() == before
    assert job.files_with("open sesame", *secrets.values()) == []


def test_secrets_of_a_file_reach_a_playbook_that_makes_none(secrets: dict[str, str], tmp_path: Path) -> None:
    kept = tmp_path / "kept.yml"
    kept.write_text(yaml.safe_dump(secrets))
    inventory = inventory_of(ROOT / "inventories/example", "ansible_user")
    # The host is this machine, so that the playbook gets as far as to the chat server, which is nowhere.
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "ansible_become": False}
    inventory["_meta"]["hostvars"]["chat1"] |= {**here, "platform_address": "127.0.0.2"}
    answers = {"platform_secrets_file": str(kept), "platform_people": [{"name": "alice"}]}
    job = Launch(tmp_path / "job", inventory, answers=answers).run("users")
    assert "http://127.0.0.2:8080" in job.output
    assert job.files_with(*secrets.values()) == []
