#!/usr/bin/python
# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell what a machine has and what already runs on it: memory, cores, disk, clock, listening sockets."""

from __future__ import annotations

DOCUMENTATION = r"""
module: machine_info
short_description: Tell memory, cores, disk space, clock, listening sockets of a machine, and who asks
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Reads C(/proc) and file systems in one round trip; needs no program on the host. Nothing is changed.
  - Which process and unit listen is only known for processes that the user may look into, so run it as root.
extends_documentation_fragment:
  - privatechat.platform.attributes.read_only
options:
  paths:
    description: Paths whose file systems are measured; one that does not exist yet counts as its nearest parent.
    type: list
    elements: path
    default: [/var/lib]
"""

EXAMPLES = r"""
- name: Look at the machine
  privatechat.platform.machine_info:
  register: machine
"""

RETURN = r"""
memory_mb:
  description: Memory that the kernel manages, in MiB.
  type: int
  returned: success
  sample: 3911
cores:
  description: Processor cores that processes may use.
  type: int
  returned: success
  sample: 2
disks:
  description: Size (C(total_gb)) and free space (C(free_gb)) of each path's file system in GiB, by path.
  type: dict
  returned: success
  sample: {/var/lib: {total_gb: 40, free_gb: 31}}
epoch:
  description: The machine's clock, in seconds since 1970.
  type: float
  returned: success
  sample: 1767225600.0
control_address:
  description: Address that the SSH connection of this task comes from as the machine sees it, empty without one.
  type: str
  returned: success
  sample: 192.0.2.5
listening:
  description: TCP sockets that listen, with C(address), C(port), C(pid), C(process) and systemd C(unit).
  type: list
  elements: dict
  returned: success
  sample: [{address: 0.0.0.0, port: 22, pid: 612, process: sshd, unit: ssh.service}]
"""

import contextlib
import glob
import os
import re
import socket
import sys
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule

LISTENING = "0A"
# Columns of the kernel's tables of sockets.
ADDRESS = 1
STATE = 3
INODE = 9
UNIT = re.compile(r"([^/\n]+\.(?:service|scope))(?![^\n]*\.(?:service|scope))")


def listeners_in(table: str, family: int) -> list[tuple[str, int, str]]:
    """Return address, port and inode of each socket of a table of the kernel that listens."""
    found = []
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) > INODE and fields[STATE] == LISTENING:
            address, port = fields[ADDRESS].split(":")
            found.append((address_of(address, family), int(port, 16), fields[INODE]))
    return found


def address_of(digits: str, family: int) -> str:
    """Return the address that the kernel shows as 32-bit words in the machine's byte order."""
    raw = bytes.fromhex(digits)
    if sys.byteorder == "little":
        raw = b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4))
    return socket.inet_ntop(family, raw)


def unit_of(cgroups: str) -> str:
    """Return the systemd unit that a process's list of control groups names, empty for none."""
    match = UNIT.search(cgroups)
    return match.group(1) if match else ""


def read(path: str) -> str:
    """Return the text of a file, empty for one that cannot be read (any more)."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def holders(inodes: set[str]) -> dict[str, int]:
    """Return the process that holds each socket; the service rather than process 1 where both do."""
    found: dict[str, int] = {}
    for descriptor in glob.glob("/proc/[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            inode = os.readlink(descriptor)[len("socket:[") : -1]
            pid = int(descriptor.split("/")[2])
            if inode in inodes and found.get(inode, 1) == 1:
                found[inode] = pid
    return found


def listening() -> list[dict[str, Any]]:
    """Return every TCP socket that listens, with the process and unit behind it."""
    tables = (("/proc/net/tcp", socket.AF_INET), ("/proc/net/tcp6", socket.AF_INET6))
    sockets = [entry for path, family in tables for entry in listeners_in(read(path), family)]
    pids = holders({inode for _address, _port, inode in sockets})
    result = []
    for address, port, inode in sorted(sockets, key=lambda entry: (entry[1], entry[0])):
        pid = pids.get(inode, 0)
        process, unit = read(f"/proc/{pid}/comm").strip(), unit_of(read(f"/proc/{pid}/cgroup"))
        result.append({"address": address, "port": port, "pid": pid, "process": process, "unit": unit})
    return result


def parent_of(status: str) -> int:
    """Return the parent that the kernel's table of a process names, 0 for none."""
    match = re.search(r"^PPid:\s+(\d+)", status, re.MULTILINE)
    return int(match.group(1)) if match else 0


def control_address(pid: int) -> str:
    """Return where the SSH session that a process descends from was opened, empty for none."""
    while pid > 1:
        # Programs that change the user, such as sudo, keep the variable for themselves.
        for variable in read(f"/proc/{pid}/environ").split("\0"):
            name, _sign, value = variable.partition("=")
            if name == "SSH_CONNECTION" and value:
                return value.split()[0]
        pid = parent_of(read(f"/proc/{pid}/status"))
    return ""


def disk_of(path: str) -> dict[str, int]:
    """Return size and free space of the file system that a path is, or will be, on."""
    while not os.path.exists(path):
        path = os.path.dirname(path)
    status = os.statvfs(path)
    return {
        "total_gb": status.f_blocks * status.f_frsize >> 30,
        "free_gb": status.f_bavail * status.f_frsize >> 30,
    }


def memory_mb(meminfo: str) -> int:
    """Return the memory in MiB that the kernel's table names, 0 when it names none."""
    match = re.search(r"^MemTotal:\s+(\d+) kB", meminfo, re.MULTILINE)
    return int(match.group(1)) // 1024 if match else 0


def main() -> None:
    """Read and report."""
    module = AnsibleModule(
        argument_spec={"paths": {"type": "list", "elements": "path", "default": ["/var/lib"]}},
        supports_check_mode=True,
    )
    module.exit_json(
        changed=False,
        memory_mb=memory_mb(read("/proc/meminfo")),
        cores=len(os.sched_getaffinity(0)),
        disks={path: disk_of(path) for path in module.params["paths"]},
        epoch=time.time(),
        control_address=control_address(os.getpid()),
        listening=listening(),
    )


if __name__ == "__main__":
    main()
