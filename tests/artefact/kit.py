"""Bare nodes of a test's own, and the collection as a file."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from labkit import copies

ROOT = Path(__file__).parents[2]
BIN = ROOT / ".venv" / "bin"


def lab(command: str, inventory: Path, *words: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run tools/lab on the inventory; only what a node was told to do may fail."""
    return subprocess.run(
        [ROOT / "tools" / "lab", command, "-i", inventory, *words],
        input=stdin,
        stdout=subprocess.PIPE if command == "ssh" else None,
        stderr=subprocess.STDOUT if command == "ssh" else None,
        check=command != "ssh",
    )


def bare(inventory: Path, name: str, number: int, more: str = "") -> None:
    """Make the single inventory's bare node in a network of its own, and a node outside of the platform if named."""
    if inventory.exists():
        lab("down", inventory)
    copies.copy(ROOT / "inventories" / "single", inventory, network=f"privatechat-{name}", number=number)
    if more:
        with (inventory / "hosts.yml").open("a") as hosts:
            hosts.write(f"    {more}:\n      ansible_host: 10.91.{number}.12\n")
    lab("down", inventory)
    lab("up", inventory)


def built() -> Path:
    """Return the path of the collection's file, made of what the checkout holds now."""
    done = subprocess.run(
        [ROOT / "tools" / "release" / "build"], stdout=subprocess.PIPE, check=True, text=True, env=apart()
    )
    return Path(done.stdout.splitlines()[-1])


def apart(**variables: str) -> dict[str, str]:
    """Return the environment of somebody who knows nothing of the checkout's Ansible settings."""
    return {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")} | variables
