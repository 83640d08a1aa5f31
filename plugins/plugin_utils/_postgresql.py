# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of PostgreSQL from what it may take of a machine, and how many sessions it must bear.

Sources, named at each figure:
    manual     PostgreSQL documentation, part III "Server Administration"
    wiki       PostgreSQL wiki, "Tuning Your PostgreSQL Server", which Synapse's docs/postgres.md sends its readers to
    pgtune     pgtune (le0pard), type "oltp"
What they leave at its default is not set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# Sessions beside those of the chat server: 3 kept for the superuser (manual, "Connection Settings"), 3 of Patroni,
# 4 of monitoring, 4 of backups, 6 of people. Replication has places of its own (max_wal_senders).
RESERVE = 20
# PostgreSQL's own default, which costs little when it is not used.
LEAST_CONNECTIONS = 100
# Memory in MiB of a session: 2 of its own were measured in a new one, its caches of the catalogue grow with its age.
SESSION_MB = 5
# Pages of a solid state disk cost the same wherever they are, and it serves many requests at once (manual, "Planner
# Cost Constants" and "Asynchronous Behavior"; pgtune). The cost limit of vacuum dates from spinning disks; it must keep
# up with a writing chat server (manual, "Automatic Vacuuming").
DISKS: dict[str, dict[str, Any]] = {
    "ssd": {"random_page_cost": 1.1, "effective_io_concurrency": 200, "autovacuum_vacuum_cost_limit": 1000},
    "hdd": {"random_page_cost": 4, "effective_io_concurrency": 2, "autovacuum_vacuum_cost_limit": 200},
}


def connections(clients: int, limit: int = 0) -> int:
    """Return max_connections: the operator's limit, or without one enough for the clients and the reserve."""
    return limit or max(LEAST_CONNECTIONS, -(-(clients + RESERVE) // 10) * 10)


def connection_problems(clients: int, limit: int, memory_mb: int = 0) -> Iterator[str]:
    """Yield what is wrong with a limit of sessions for this many of clients; a limit of 0 is computed and right.

    Memory of 0 is not judged.
    """
    needed = clients + RESERVE
    if limit and limit < needed:
        yield (
            f"PostgreSQL cannot serve the chat server with postgresql_max_connections {limit}: its processes open up "
            f"to {clients} sessions, and {RESERVE} are kept for replication, monitoring, backups and administration. "
            f"Set it to {needed} or more, or take it out of the inventory, so that it is computed."
        )
    total = connections(clients, limit)
    room = memory_mb - memory_mb // 4
    if memory_mb and total * SESSION_MB > room:
        yield (
            f"PostgreSQL cannot hold {total} sessions in memory: they take {total * SESSION_MB} MiB, and of "
            f"postgresql_memory_mb {memory_mb} MiB {room} are left beside shared buffers. Give it more memory, or "
            "lower the number of chat processes."
        )


def settings(machine: Mapping[str, Any]) -> dict[str, Any]:
    """Return PostgreSQL's settings for a machine; raise ValueError for one that cannot work.

    `machine` holds `memory_mb`, `cores`, `disk_kind` (ssd or hdd), `disk_gb`, `client_connections` and
    `max_connections` (0 to compute it). Equal machines get equal settings, so that all members of a cluster agree.
    """
    memory, cores, disk = (int(machine[name]) for name in ("memory_mb", "cores", "disk_gb"))
    clients, limit = int(machine["client_connections"]), int(machine["max_connections"])
    if machine["disk_kind"] not in DISKS:
        raise ValueError(f"There is no disk kind '{machine['disk_kind']}'. It is one of: {', '.join(DISKS)}.")
    problems = list(connection_problems(clients, limit))
    if problems:
        raise ValueError(problems[0])
    sessions, workers = connections(clients, limit), max(8, cores)
    return {
        "max_connections": sessions,
        **_memory_settings(memory, sessions + workers),
        **_wal_settings(disk * 1024),
        **_worker_settings(cores, workers),
        **DISKS[machine["disk_kind"]],
        # A fifth of a table of chat events is too much to wait for (manual, "Automatic Vacuuming").
        "autovacuum_vacuum_scale_factor": 0.05,
        "autovacuum_analyze_scale_factor": 0.02,
    }


def _memory_settings(memory: int, processes: int) -> dict[str, Any]:
    shared = memory // 4
    return {
        # A quarter of the memory (manual, "Memory"); three quarters cache files, its own buffers included (wiki).
        "shared_buffers": f"{shared}MB",
        "effective_cache_size": f"{memory * 3 // 4}MB",
        # A session may take it several times (manual, "Memory"): 3 times each (pgtune), never below PostgreSQL's 4 MB.
        "work_mem": f"{max(4, (memory - shared) // (processes * 3))}MB",
        # A sixteenth, 2 GB at most (pgtune), no less than PostgreSQL's own 64 MB; each worker of autovacuum takes it.
        "maintenance_work_mem": f"{min(2048, max(64, memory // 16))}MB",
        # One segment: more helps nothing, less makes busy sessions wait for each other (manual, "Settings" of WAL).
        "wal_buffers": "16MB",
    }


def _wal_settings(disk_mb: int) -> dict[str, Any]:
    # Checkpoints by time, not by size: as much as pgtune's 8 GB where the disk is big, a tenth of a small one.
    largest = min(8192, max(256, disk_mb // 10))
    return {
        "max_wal_size": f"{largest}MB",
        # A quarter of it, as with pgtune.
        "min_wal_size": f"{largest // 4}MB",
        # Spreads a checkpoint over nearly all the time to the next (manual, "Checkpoints").
        "checkpoint_completion_target": 0.9,
        # What a member that is away may hold back (manual, "Sending Servers"): it must never fill the disk.
        "max_slot_wal_keep_size": f"{max(largest, disk_mb // 4)}MB",
    }


def _worker_settings(cores: int, workers: int) -> dict[str, Any]:
    # Half of the cores for one statement, four at most (pgtune): the chat server has many short ones.
    helpers = min(4, cores // 2)
    return {
        # PostgreSQL's own default is 8; a replica needs as many as its primary (manual, "Asynchronous Behavior").
        "max_worker_processes": workers,
        "max_parallel_workers": cores,
        "max_parallel_workers_per_gather": helpers,
        "max_parallel_maintenance_workers": helpers,
    }
