"""Runs playbooks the way AWX does: ansible-runner on a directory that is laid out as AWX lays it out.

What AWX writes where is in its awx/main/tasks/jobs.py (BaseTask.run, write_inventory_file, _write_extra_vars_file) and
in the credential types' inject_credential: an inventory that is a program, variables that are no templates, secrets of
a credential in a file of variables of their own, and the machine's key through a pipe, never on disk.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .playbook import ROOT

RUNNER = "import json, sys, ansible_runner; ansible_runner.run(**json.load(sys.stdin))"
INVENTORY = "#! /usr/bin/env python3\n# -*- coding: utf-8 -*-\nprint({!r})\n"
IDENT = "1"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Job:
    """A job that has ended, and the directory that it leaves until AWX removes it."""

    directory: Path

    @property
    def status(self) -> str:
        """What AWX would show: successful, failed."""
        return self._artefact("status").read_text()

    @property
    def output(self) -> str:
        return COLOUR.sub("", self._artefact("stdout").read_text())

    @property
    def changed(self) -> int:
        """The number of changes on all hosts."""
        return sum(int(number) for number in re.findall(r"\bchanged=(\d+)", self.output))

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Return the events of a kind, such as `runner_on_unreachable`."""
        found = [json.loads(path.read_text()) for path in sorted(self._artefact("job_events").glob("*.json"))]
        return [event for event in found if event["event"] == kind]

    def files_with(self, *words: str) -> list[str]:
        """Return the files, those that the credentials are given in left out, that hold one of the words."""
        return sorted({str(path) for path in self._left() if any(word in path.read_text() for word in words)})

    def _artefact(self, name: str) -> Path:
        return self.directory / "artifacts" / IDENT / name

    def _left(self) -> Iterator[Path]:
        for path in self.directory.rglob("*"):
            if path.is_file() and path.parent != self.directory / "env":
                yield path


@dataclass
class Launch:
    """What a job is launched with: credentials, answers to the survey, an inventory."""

    directory: Path
    inventory: Mapping[str, Any]
    user: str = "operator"
    ssh_key: str = ""
    vault_password: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)

    def run(self, playbook: str, *arguments: str) -> Job:
        """Run a playbook of the project to its end."""
        self._lay_out(arguments)
        settings = {
            "private_data_dir": str(self.directory),
            "playbook": f"{playbook}.yml",
            "inventory": str(self.directory / "inventory/hosts"),
            "ident": IDENT,
            "suppress_env_files": True,
            "quiet": True,
            **({"ssh_key": self.ssh_key} if self.ssh_key else {}),
            "passwords": {r"Vault password:\s*?$": self.vault_password},
        }
        # The path of a socket has few letters.
        with TemporaryDirectory(prefix="awx-") as sockets:
            environment = self._environment() | {"ANSIBLE_SSH_CONTROL_PATH_DIR": sockets}
            subprocess.run(
                [sys.executable, "-c", RUNNER], input=json.dumps(settings), env=environment, text=True, check=True
            )
        return Job(self.directory)

    def _lay_out(self, arguments: tuple[str, ...]) -> None:
        shutil.copytree(ROOT / "awx/project", self.directory / "project")
        for name in ("env", "inventory"):
            (self.directory / name).mkdir(mode=0o700)
        self._write("inventory/hosts", INVENTORY.format(json.dumps(self.inventory)), 0o700)
        self._write("env/extravars", variables({**self.answers, "awx_job_id": 1, "awx_job_launch_type": "manual"}))
        words = ["-u", self.user, *["--ask-vault-pass"] * bool(self.vault_password), *arguments]
        if self.secrets:
            words += ["-e", f"@{self._write('env/credential', variables(self.secrets), 0o400)}"]
        self._write("env/cmdline", " ".join(words))

    def _write(self, name: str, text: str, mode: int = 0o600) -> Path:
        path = self.directory / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def _environment(self) -> dict[str, str]:
        """Return the environment of a container that has the collection, and no settings but the project's."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        return {
            **kept,
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"),
            "ANSIBLE_HOST_KEY_CHECKING": "false",
            "ANSIBLE_SSH_COMMON_ARGS": "-o UserKnownHostsFile=/dev/null",
            "ANSIBLE_HOME": str(self.directory / "home"),
            "XDG_CACHE_HOME": str(self.directory / "home"),
            "PATH": f"{ROOT}/.venv/bin:{kept['PATH']}",
        }


def variables(values: Mapping[str, Any]) -> str:
    """Return variables as YAML in which texts are never taken for templates."""
    lines = [f"{name}: {'!unsafe ' * isinstance(value, str)}{json.dumps(value)}\n" for name, value in values.items()]
    return "---\n" + "".join(lines)


def inventory_of(source: Path, *dropped: str) -> dict[str, Any]:
    """Return an inventory as AWX would have it in its database, without secrets and the variables named."""
    program = ROOT / ".venv/bin/ansible-inventory"
    listed = subprocess.run([program, "-i", source, "--list"], capture_output=True, check=True, cwd=ROOT)
    inventory: dict[str, Any] = json.loads(listed.stdout)
    for known in inventory["_meta"]["hostvars"].values():
        for name in [name for name in known if name in dropped or name.startswith("platform_secret_")]:
            del known[name]
    return inventory
