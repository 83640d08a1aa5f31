"""A machine's sockets, memory, cores and disks are read from the kernel's own tables."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.privatechat.platform.plugins.modules import machine_info

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   105        0 4711 1 0 100 0 0 10 0
   1: 0100007F:1538 0100007F:C350 01 00000000:00000000 00:00000000 00000000   105        0 4712 1 0 100 0 0 10 0
"""


def test_only_sockets_that_listen_are_listed() -> None:
    assert machine_info.listeners_in(TABLE, socket.AF_INET) == [("127.0.0.1", 5432, "4711")]


def test_addresses_are_read_in_both_families() -> None:
    assert machine_info.address_of("00000000000000000000000001000000", socket.AF_INET6) == "::1"
    assert machine_info.address_of("0B025B0A", socket.AF_INET) == "10.91.2.11"


@pytest.mark.parametrize(
    ("cgroups", "unit"),
    [
        ("0::/system.slice/redis-server.service\n", "redis-server.service"),
        ("0::/system.slice/system-postgresql.slice/postgresql@17-main.service\n", "postgresql@17-main.service"),
        ("0::/machine.slice/libpod-1.scope/system.slice/etcd.service\n", "etcd.service"),
        ("0::/user.slice/user-0.slice/session-3.scope\n", "session-3.scope"),
        ("12:pids:/\n1:name=systemd:/system.slice/haproxy.service\n0::/\n", "haproxy.service"),
        ("0::/\n", ""),
        ("", ""),
    ],
)
def test_the_unit_is_the_innermost_one(cgroups: str, unit: str) -> None:
    assert machine_info.unit_of(cgroups) == unit


def test_memory_is_what_the_kernel_manages() -> None:
    assert machine_info.memory_mb("MemTotal:        4005056 kB\nMemFree: 1 kB\n") == 3911
    assert machine_info.memory_mb("") == 0


def test_a_path_to_come_is_measured_at_its_parent(tmp_path: Path) -> None:
    assert machine_info.disk_of(str(tmp_path / "a" / "b")) == machine_info.disk_of(str(tmp_path))


def test_this_machine_tells_who_listens(run_module: Callable[..., dict[str, Any]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        answer = run_module(machine_info.main, {})
    (entry,) = [entry for entry in answer["listening"] if entry["port"] == port]
    assert (entry["address"], entry["pid"]) == ("127.0.0.1", os.getpid())
    assert answer["memory_mb"] > 0
    assert answer["cores"] > 0
    assert not answer["changed"]


def test_the_control_address_is_that_of_the_session_above(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "/proc/30/environ": "USER=root\0SUDO_USER=operator\0",
        "/proc/30/status": "Name:\tpython3\nPPid:\t20\n",
        "/proc/20/environ": "LANG=C\0SSH_CONNECTION=192.0.2.5 50000 192.0.2.11 22\0",
    }
    monkeypatch.setattr(machine_info, "read", lambda path: files.get(path, ""))
    assert machine_info.control_address(30) == "192.0.2.5"
    del files["/proc/20/environ"]
    assert machine_info.control_address(30) == ""
