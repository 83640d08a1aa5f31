"""The inventory's file of secrets is made, continued and encrypted, and nothing in it is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
import yaml
from ansible.errors import AnsibleActionFail
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.privatechat.platform.plugins.action import secrets_file

ROWS = [
    {"name": "ca_key", "kind": "authority", "certificate": "ca_certificate", "common_name": "Test authority"},
    {"name": "password", "kind": "password"},
]
NAMES = {"ca_key", "ca_certificate", "password"}
VAULT = [("default", VaultSecret(b"open sesame"))]
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "group_vars" / "all" / "secrets.yml"


@pytest.fixture
def run(path: Path) -> Run:
    def run_action(
        *, check: bool = False, vault: Any = None, known: Any = None, deployed: Any = (), kept: bool = True
    ) -> dict[str, Any]:
        loader = DataLoader()
        loader.set_vault_secrets(vault)
        task = MagicMock(check_mode=check, async_val=0, args={"path": str(path), "secrets": ROWS})
        task.args |= {"deployed_on": list(deployed), "kept": kept}
        action = secrets_file.ActionModule(task, MagicMock(), MagicMock(), loader, MagicMock(), MagicMock())
        return action.run(task_vars=known or {})

    return run_action


def test_check_do_check_do(run: Run, path: Path) -> None:
    answer = run(check=True)
    assert (answer["changed"], set(answer["made"]), answer["load"]) == (True, NAMES, False)
    assert not path.parent.exists()
    assert run()["load"]
    assert set(yaml.safe_load(path.read_text())) == NAMES
    assert path.stat().st_mode & 0o777 == 0o600
    assert not run(check=True)["changed"]
    answer = run(known=dict.fromkeys(NAMES, ""))
    assert (answer["changed"], answer["made"], answer["load"]) == (False, [], False)


def test_what_is_there_is_kept_to_the_letter(run: Run, path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("# chosen by hand\npassword:   mine")
    assert set(run()["made"]) == {"ca_key", "ca_certificate"}
    assert path.read_text().startswith("# chosen by hand\npassword:   mine\n")
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_the_run_is_given_elsewhere_is_not_made(run: Run) -> None:
    assert run(known=dict.fromkeys(NAMES, "given"))["changed"] is False
    elsewhere = {"ansible_play_hosts_all": ["a", "b"], "hostvars": {"a": {}, "b": {"password": "given"}}}
    assert set(run(known=elsewhere)["made"]) == {"ca_key", "ca_certificate"}


def test_a_vault_password_encrypts_new_and_plain_files(run: Run, path: Path) -> None:
    run()
    plain = path.read_bytes()
    assert run(vault=VAULT)["encrypted"]
    assert VaultLib(VAULT).decrypt(path.read_bytes()) == plain
    encrypted = path.read_bytes()
    assert not run(vault=VAULT)["changed"]
    assert path.read_bytes() == encrypted


def test_an_encrypted_file_is_continued_encrypted(run: Run, path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(VaultLib(VAULT).encrypt("# note\npassword: mine\n"))
    run(vault=VAULT)
    text = VaultLib(VAULT).decrypt(path.read_bytes()).decode()
    assert text.startswith("# note\npassword: mine\n")
    assert set(yaml.safe_load(text)) == NAMES


def test_a_lost_file_of_a_running_platform_is_no_reason_for_new_secrets(run: Run, path: Path) -> None:
    with pytest.raises(AnsibleActionFail, match=r"already runs on chat1.*Restore the file"):
        run(deployed=["chat1"])
    assert not path.exists()
    assert not run(deployed=["chat1"], known=dict.fromkeys(NAMES, ""))["changed"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- a\n", "holds no variables"),
        ("a: [\n", "Cannot read the secrets"),
        ("a: 1\n...\n", "Cannot (add|read)"),
    ],
)
def test_a_file_that_cannot_be_continued_is_left_alone(run: Run, path: Path, text: str, problem: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(AnsibleActionFail, match=problem):
        run()
    assert path.read_text() == text


def test_another_vault_password_is_refused(run: Run, path: Path) -> None:
    run(vault=VAULT)
    before = path.read_bytes()
    with pytest.raises(AnsibleActionFail, match="Decryption failed"):
        run(vault=[("default", VaultSecret(b"wrong"))])
    assert path.read_bytes() == before


def test_where_no_file_is_kept_nothing_is_made_and_what_is_missing_is_named(run: Run, path: Path) -> None:
    with pytest.raises(AnsibleActionFail, match=r"Cannot make 2 secrets, ca_key, ca_certificate: .*by a credential"):
        run(kept=False, known={"password": "given"})
    assert not path.exists()
    answer = run(kept=False, known=dict.fromkeys(NAMES, "given"))
    assert (answer["changed"], answer["made"], answer["load"]) == (False, [], False)


def test_where_no_file_is_kept_one_that_is_there_is_read_and_left_as_it_is(run: Run, path: Path) -> None:
    run()
    path.chmod(0o644)
    before = path.read_bytes()
    answer = run(kept=False, vault=VAULT)
    assert (answer["changed"], answer["load"]) == (False, True)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (before, 0o644)
