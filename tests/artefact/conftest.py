"""A node of its own, the collection installed from its artefact, and an inventory outside the checkout."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from . import kit
from .kit import BIN, ROOT


@dataclass(frozen=True)
class Operator:
    """Somebody who installed the collection and never saw its checkout."""

    home: Path
    environment: dict[str, str]

    def start(self, playbook: str, *arguments: str) -> subprocess.Popen[str]:
        """Start a playbook of the installed collection on the inventory; its output is one stream."""
        return subprocess.Popen(
            [BIN / "ansible-playbook", f"privatechat.platform.{playbook}", "-i", self.home / "inventory", *arguments],
            cwd=self.home,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, playbook: str, *arguments: str) -> tuple[int, str]:
        """Run a playbook to its end and return status and output."""
        process = self.start(playbook, *arguments)
        output, _ = process.communicate()
        return process.returncode, output


@pytest.fixture(scope="session")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """Return an operator with a bare node; the node goes when the tests are over."""
    home = tmp_path_factory.mktemp("operator")
    kit.bare(home / "inventory", "artefact", 8)
    environment = kit.apart(
        ANSIBLE_COLLECTIONS_PATH=str(home / "lib"),
        ANSIBLE_PRIVATE_KEY_FILE=str(ROOT / ".lab" / "ssh_key"),
        ANSIBLE_HOST_KEY_CHECKING="false",
        ANSIBLE_PIPELINING="true",
        XDG_CACHE_HOME=str(ROOT / ".cache"),
    )
    install = ["collection", "install", "--offline", "--no-deps", str(kit.built()), "-p", str(home / "lib")]
    subprocess.run([BIN / "ansible-galaxy", *install], check=True, cwd=home, env=environment)
    yield Operator(home, environment)
    kit.lab("down", home / "inventory")
