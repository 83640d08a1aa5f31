"""Reads what the lab needs from an inventory: its network and its hosts' addresses."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

import yaml

from .shell import LabError

RELEASES = ("trixie", "bookworm")


@dataclass(frozen=True)
class Lab:
    """The test nodes of one inventory."""

    directory: Path
    network: str
    subnet: IPv4Network
    subnet6: IPv6Network
    release: str
    addresses: dict[str, IPv4Address]

    @property
    def gateway(self) -> IPv4Address:
        """The host's own address in the network."""
        return self.subnet.network_address + 1

    def address6(self, name: str) -> str:
        """Return the node's IPv6 address: the last number of its IPv4 address, in the IPv6 subnet."""
        return f"{self.subnet6.network_address}{str(self.addresses[name]).rsplit('.', 1)[1]}"

    def container(self, name: str) -> str:
        """Return the name of the node's container."""
        return f"{self.network}-{name}"


class _Loader(yaml.SafeLoader):
    """Reads YAML with Ansible's own tags, whose values the lab does not need."""


_Loader.add_multi_constructor("!", lambda *_: None)


def read(directory: Path) -> Lab:
    """Return the lab an inventory directory describes, or say what it lacks."""
    source = directory / "hosts.yml"
    if not source.is_file():
        raise LabError(f"the inventory {directory} has no hosts.yml. Name a directory such as inventories/single.")
    tree = _load(source)
    variables = dict(_section(tree, "all").get("vars") or {})
    for extra in sorted((directory / "group_vars/all").glob("*.yml")):
        variables.update(_load(extra))
    if os.environ.get("LAB_RELEASE"):
        variables["lab_release"] = os.environ["LAB_RELEASE"]
    missing = [name for name in ("lab_network", "lab_subnet", "lab_subnet6", "lab_release") if name not in variables]
    if missing:
        raise LabError(f"the inventory {directory} does not set {', '.join(missing)} in group_vars/all.")
    if variables["lab_release"] not in RELEASES:
        raise LabError(f"lab_release is {variables['lab_release']!r}; test nodes run one of {', '.join(RELEASES)}.")
    try:
        return Lab(
            directory=directory.resolve(),
            network=variables["lab_network"],
            subnet=IPv4Network(variables["lab_subnet"]),
            subnet6=IPv6Network(variables["lab_subnet6"]),
            release=variables["lab_release"],
            addresses=_addresses(tree, IPv4Network(variables["lab_subnet"])),
        )
    except ValueError as problem:
        raise LabError(f"the inventory {directory} names no usable network: {problem}") from problem


def _load(path: Path) -> dict[str, Any]:
    text = path.read_text()
    if text.startswith("$ANSIBLE_VAULT"):
        return {}
    return yaml.load(text, Loader=_Loader) or {}  # noqa: S506 - a safe loader that skips tags


def _section(tree: dict[str, Any], name: str) -> dict[str, Any]:
    return tree.get(name) or {}


def _hosts(group: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, variables in (group.get("hosts") or {}).items():
        yield name, variables or {}
    for child in (group.get("children") or {}).values():
        yield from _hosts(child or {})


def _addresses(tree: dict[str, Any], subnet: IPv4Network) -> dict[str, IPv4Address]:
    found: dict[str, IPv4Address] = {}
    names = set()
    for group in tree.values():
        for name, variables in _hosts(group or {}):
            names.add(name)
            if "ansible_host" in variables:
                found[name] = IPv4Address(variables["ansible_host"])
    for name in sorted(names):
        if name not in found:
            raise LabError(f"host {name} has no ansible_host in hosts.yml. Give it an address inside {subnet}.")
        if found[name] not in subnet:
            raise LabError(f"host {name} is at {found[name]}, which is outside lab_subnet {subnet}.")
    return {name: found[name] for name in sorted(names)}
