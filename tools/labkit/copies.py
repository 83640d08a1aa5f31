"""Copies an inventory to nodes of its own, so that a test or a measurement leaves everybody else's nodes alone."""

from __future__ import annotations

import shutil
from pathlib import Path

from . import inventory

# What belongs to the nodes that the inventory had, never to another's.
PRIVATE = ("secrets.yml", "lab_connection.yml")


def copy(source: Path, target: Path, *, network: str, number: int) -> None:
    """Make `target` the same inventory in the network of this name, whose subnet has this number."""
    lab = inventory.read(source)
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*PRIVATE))
    replaced = {
        str(lab.subnet.network_address).removesuffix("0"): f"10.91.{number}.",
        str(lab.subnet6.network_address).removesuffix(":"): f"fd00:91:{number}:",
        lab.network: network,
    }
    for path in target.rglob("*.yml"):
        text = path.read_text()
        for old, new in replaced.items():
            text = text.replace(old, new)
        path.write_text(text)
