# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that cannot be told apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def twin_problems(names: Iterable[str], hosts: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield which hosts share a name, in the inventory or as their machines call themselves; case makes no difference.

    Names become DNS names, certificates' names, names of cluster members and columns of logs.
    """
    listed = sorted(names)
    for twins in _shared({name: name for name in listed}):
        yield f"The inventory names {twins}, which are the same as DNS sees them. Rename all but one."
    own = {name: str((hosts[name].get("ansible_facts") or {}).get("nodename") or "") for name in listed}
    for twins in _shared({name: called for name, called in own.items() if called}):
        first = own[twins.split("'")[1]]
        yield (
            f"The machines of the hosts {twins} all call themselves '{first}', so logs and clusters could not tell "
            "them apart. Give each a name of its own with hostnamectl set-hostname."
        )


def _shared(names: Mapping[str, str]) -> Iterator[str]:
    """Yield, quoted and joined, the keys whose values differ in case at most."""
    found: dict[str, list[str]] = {}
    for key, value in names.items():
        found.setdefault(value.lower(), []).append(f"'{key}'")
    yield from (" and ".join(keys) for keys in found.values() if len(keys) > 1)
