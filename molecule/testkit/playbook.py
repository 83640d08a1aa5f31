"""Runs playbooks from tests and tells what they changed."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchkit.runs import counted

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Run:
    """How a playbook ended."""

    status: int
    output: str

    @property
    def changed(self) -> int:
        """The number of changes on all hosts."""
        return counted(self.output)[1]

    @property
    def host_tasks(self) -> int:
        """The number of tasks that said ok or changed, on all hosts."""
        return counted(self.output)[0]

    @property
    def changed_tasks(self) -> list[str]:
        """The tasks that changed something, by name."""
        found: list[str] = []
        task = ""
        for line in self.output.splitlines():
            if line.startswith("TASK ["):
                task = line[6:].split("]")[0]
            elif line.startswith("changed: "):
                found.append(task)
        return found


def given(**variables: Any) -> tuple[str, str]:
    """Return the arguments that give a playbook these variables, before all others."""
    return "-e", json.dumps(variables)


def play(names: str, inventory: str | Path, *arguments: str) -> Run:
    """Run playbooks of the checkout, named with spaces between them, on the inventory, to their end."""
    return _run([f"playbooks/{name}.yml" for name in names.split()], inventory, *arguments)


def play_text(text: str, inventory: str | Path, directory: Path, *arguments: str) -> Run:
    """Run plays that a test writes, to their end."""
    (directory / "playbook.yml").write_text(text)
    return _run([str(directory / "playbook.yml")], inventory, *arguments)


def _run(playbooks: list[str], inventory: str | Path, *arguments: str) -> Run:
    program = Path(sys.executable).with_name("ansible-playbook")
    done = subprocess.run(
        [sys.executable, program, *playbooks, "-i", str(inventory), *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Run(done.returncode, done.stdout)
