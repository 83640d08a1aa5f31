# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration of Synapse's processes from what each of them is to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

# Shares of a process's memory: caches shrink when all of it together exceeds the first, down to the second. The rest is
# for bursts and for what the allocator holds.
CACHES_SHRINK_AT, CACHES_SHRINK_TO = 0.8, 0.65
# What a large room or a first sync takes for its time, above what a process has; beyond twice that it is restarted.
BURST_MB = 512
# Sessions that a process keeps open (docs/usage/configuration/config_documentation.md, example of database).
POOL_MINIMUM = 5
FEDERATION_KINDS = ("federation", "federation_inbound")

Process = Mapping[str, Any]


def process_settings(process: Process, database: Mapping[str, Any], cache_factor: float) -> dict[str, Any]:
    """Return the sections of the configuration that differ by process: its pool of sessions and its caches."""
    most, memory = process["database_connections"], process["memory_mb"]
    arguments = {**database["args"], "cp_min": min(POOL_MINIMUM, most), "cp_max": most}
    return {
        "database": {**database, "args": arguments},
        "caches": {
            "global_factor": cache_factor,
            "cache_autotuning": {
                "max_cache_memory_usage": f"{int(memory * CACHES_SHRINK_AT)}M",
                "target_cache_memory_usage": f"{int(memory * CACHES_SHRINK_TO)}M",
                "min_cache_ttl": "5m",
            },
        },
    }


def process_files(
    processes: list[Process], directory: str, database: Mapping[str, Any], cache_factor: float
) -> list[dict[str, str]]:
    """Return path and content of each worker's file (docs/workers.md, "Worker configuration") and of all limits."""
    workers = [
        {
            "path": f"{directory}/workers/{process['name']}.yaml",
            "content": _worker(process, directory) + _yaml(process_settings(process, database, cache_factor)),
        }
        for process in processes
        if process["name"] != "main"
    ]
    return workers + [_memory_limits(process) for process in processes]


def unit_name(process: Process) -> str:
    """Return the systemd unit that runs a process."""
    return "synapse-main.service" if process["name"] == "main" else f"synapse-worker@{process['name']}.service"


def _memory_limits(process: Process) -> dict[str, str]:
    """Return path and content of the file that keeps a process from taking its host's memory."""
    high = process["memory_mb"] + BURST_MB
    return {
        "path": f"/etc/systemd/system/{unit_name(process)}.d/memory.conf",
        "content": f"# Ansible managed\n[Service]\nMemoryHigh={high}M\nMemoryMax={2 * high}M\n",
    }


def services(processes: list[Process], directory: str, restart_on: list[str], domain: str) -> list[dict[str, Any]]:
    """Return for each process its unit with the files that it reads at start, and what it can be asked over HTTP.

    What it is asked it answers from the database: 404, since there is no such room or file. A process that serves no
    one says no more than that it runs.
    """
    found = []
    for process in processes:
        own = [] if process["name"] == "main" else [f"{directory}/workers/{process['name']}.yaml"]
        answers = resources(process)
        path = "/health"
        if process["name"] == "main" or "client" in answers:
            path = f"/_matrix/client/v3/directory/room/%23verify%3A{domain}"
        elif "media" in answers:
            path = f"/_matrix/media/v3/download/{domain}/verify"
        address = f"[{process['address']}]" if ":" in process["address"] else process["address"]
        url = f"http://{address}:{process['port']}{path}"
        unit = unit_name(process)
        found.append(
            {
                "unit": {"name": unit, "restart_on": [*restart_on, *own]},
                "probe": {"name": process["name"], "unit": unit, "url": url, "status": [200, 404]},
            }
        )
    return found


def resources(process: Process) -> list[str]:
    """Return what a process answers on its port: no more than the kinds of requests that it is to serve."""
    kinds = set(process["serves"])
    names = {
        "client": bool(kinds - {"media", "main", *FEDERATION_KINDS}),
        "federation": bool(kinds & set(FEDERATION_KINDS)),
        "media": "media" in kinds,
    }
    return [name for name, wanted in names.items() if wanted] + ["health"]


def _worker(process: Process, directory: str) -> str:
    address = [process["address"]]
    clients = {"port": process["port"], "x_forwarded": True, "resources": [{"names": resources(process)}]}
    listeners = [{"type": "http", "bind_addresses": address, **clients}]
    if process["streams"]:
        calls = {"port": process["replication_port"], "resources": [{"names": ["replication"]}]}
        listeners.append({"type": "http", "bind_addresses": address, **calls})
    listeners.append({"type": "metrics", "bind_addresses": address, "port": process["metrics_port"]})
    settings = {
        "worker_app": "synapse.app.generic_worker",
        "worker_name": process["name"],
        "worker_log_config": f"{directory}/log.yaml",
        "worker_listeners": listeners,
    }
    media = {"enable_media_repo": True} if "media" in process["serves"] else {}
    return "# Ansible managed\n" + _yaml({**settings, **media})


def _yaml(content: Mapping[str, Any]) -> str:
    return str(yaml.safe_dump(_plain(content), sort_keys=False, width=120))


def _plain(value: Any) -> Any:
    """Return the value in Python's own types, since Ansible's bring tags along that YAML does not know."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    kinds = (bool, int, float, str)
    return next((value if kind is bool else kind(value) for kind in kinds if isinstance(value, kind)), value)
