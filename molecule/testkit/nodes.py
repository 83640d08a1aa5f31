"""The nodes of a group as hosts of one test, for what takes more than one node."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import testinfra
from testinfra.host import Host

from testkit.playbook import ROOT


def of(config: pytest.Config, group: str) -> list[Host]:
    """Return the hosts of an inventory group, in its order, with the options of the run."""
    inventory, sudo = config.getoption("ansible_inventory"), config.getoption("sudo")
    found: list[Host] = testinfra.get_hosts([f"ansible://{group}"], ansible_inventory=inventory, sudo=sudo)
    return found


def name(host: Host) -> str:
    """Return the host's name in the inventory."""
    return str(host.backend.get_hostname())


def address(host: Host) -> str:
    """Return the host's address."""
    return str(host.ansible.get_variables()["ansible_host"])


def sibling(host: Host, group: str) -> Host:
    """Return a host of the group: this one if it is in it, else the first."""
    names = host.ansible.get_variables()["groups"][group]
    if name(host) in names:
        return host
    backend = host.backend
    return testinfra.get_host(f"ansible://{names[0]}", ansible_inventory=backend.ansible_inventory, sudo=backend.sudo)


def kill(host: Host, unit: str) -> None:
    """End every process of a unit at once, and keep systemd from starting it again."""
    host.check_output("systemctl kill --signal=KILL %s && systemctl stop %s", unit, unit)


def start(hosts: list[Host], unit: str) -> None:
    """Start a unit on every host."""
    for host in hosts:
        # It waits for others, which start next.
        host.check_output("systemctl reset-failed %s; systemctl start --no-block %s", unit, unit)


@contextmanager
def no_restart(host: Host, unit: str) -> Iterator[Host]:
    """Keep a unit of the host, which may run on, from starting again once it stops."""
    folder = f"/run/systemd/system/{unit}.d"
    broken = r"mkdir -p %s && printf '[Service]\nExecStartPre=/bin/false\n' > %s/zz-broken.conf"
    host.check_output(broken, folder, folder)
    try:
        yield host
    finally:
        host.check_output("rm %s/zz-broken.conf && systemctl daemon-reload", folder)


def lab(command: str, inventory: str | Path, *words: str) -> None:
    """Do something to the machines themselves: `tools/lab` tells what there is."""
    subprocess.run([sys.executable, ROOT / "tools/lab", command, "-i", inventory, *words], check=True)
