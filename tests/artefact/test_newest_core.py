"""A Debian machine with the newest Ansible that pip has, and the collection's file, deploys another machine."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from benchkit.runs import counted

from . import kit

CONTROL = "control1"
# Where the control machine has what: an environment of its own, the collection, the inventory, and no checkout.
SETTINGS = (
    "ANSIBLE_COLLECTIONS_PATH=lib ANSIBLE_PRIVATE_KEY_FILE=key ANSIBLE_HOST_KEY_CHECKING=false ANSIBLE_PIPELINING=true"
)
INSTALL = """
set -eu
exec 2>&1
sudo DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install python3-venv openssh-client </dev/null
tar -x
chmod 0600 key
python3 -m venv venv
venv/bin/pip install --quiet --no-compile ansible netaddr jmespath cryptography
venv/bin/ansible-galaxy collection install --offline --no-deps artefact.tar.gz -p lib
"""


@dataclass(frozen=True)
class ControlMachine:
    """A node that runs Ansible."""

    inventory: Path

    def run(self, command: str, stdin: bytes | None = None) -> tuple[int, str]:
        """Run a shell command in the operator's home and return status and output."""
        done = kit.lab("ssh", self.inventory, CONTROL, command, stdin=stdin)
        return done.returncode, done.stdout.decode()

    def play(self, *arguments: str) -> tuple[int, str]:
        """Run the site playbook of the installed collection on the bare node."""
        return self.run(
            f"{SETTINGS} venv/bin/ansible-playbook privatechat.platform.site -i inventory {' '.join(arguments)}"
        )


def luggage(inventory: Path) -> bytes:
    """Return what the control machine gets: the collection, the inventory, the key to the node, wheels if there are."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(kit.built(), "artefact.tar.gz")
        tar.add(kit.ROOT / ".lab/ssh_key", "key")
        for path in inventory.rglob("*.yml"):
            if path.name != "lab_connection.yml":
                tar.add(path, f"inventory/{path.relative_to(inventory)}")
        for path in (kit.ROOT / ".cache/privatechat/wheelhouse").glob("*.tar"):
            tar.add(path, f".cache/privatechat/wheelhouse/{path.name}")
    return packed.getvalue()


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlMachine]:
    inventory = tmp_path_factory.mktemp("newest") / "inventory"
    kit.bare(inventory, "newest", 12, CONTROL)
    machine = ControlMachine(inventory)
    status, output = machine.run(f"sh -c '{INSTALL}'", luggage(inventory))
    assert status == 0, output[-4000:]
    yield machine
    kit.lab("down", inventory)


def core_version(text: str) -> tuple[int, ...]:
    found = re.search(r"core (\d+)\.(\d+)", text)
    assert found, text
    return tuple(int(number) for number in found.groups())


def test_its_ansible_core_is_newer_than_the_checkouts(control: ControlMachine) -> None:
    ours = subprocess.run([kit.BIN / "ansible", "--version"], capture_output=True, text=True, check=True).stdout
    status, output = control.run("venv/bin/ansible --version")
    assert status == 0, output
    assert core_version(output) > core_version(ours)


def test_a_check_of_the_bare_machine_finds_no_fault(control: ControlMachine) -> None:
    status, output = control.play("--check")
    assert status == 0, output[-8000:]


def test_it_deploys_the_bare_machine(control: ControlMachine) -> None:
    status, output = control.play()
    assert status == 0, output[-8000:]
    assert re.search(r"ok\s+\S+\s+message delivered", output), output[-8000:]


@pytest.mark.parametrize("mode", ["", "--check"])
def test_a_run_after_that_changes_nothing(control: ControlMachine, mode: str) -> None:
    status, output = control.play(mode)
    assert status == 0, output[-8000:]
    host_tasks, changed = counted(output)
    assert (host_tasks > 0, changed) == (True, 0), output[-8000:]


def test_newer_ansible_says_of_nothing_that_it_will_go(control: ControlMachine) -> None:
    status, output = control.play("--check")
    assert status == 0, output[-8000:]
    assert "DEPRECATION WARNING" not in output
