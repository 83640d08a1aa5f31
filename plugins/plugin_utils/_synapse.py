# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration of Synapse's worker processes from what each of them is to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml


def worker_files(workers: list[Mapping[str, Any]], directory: str, address: str) -> list[dict[str, str]]:
    """Return path and content of each worker's file (Synapse, docs/workers.md, "Worker configuration")."""
    return [
        {"path": f"{directory}/workers/{worker['name']}.yaml", "content": _text(worker, directory, address)}
        for worker in workers
    ]


def _text(worker: Mapping[str, Any], directory: str, address: str) -> str:
    configuration = {
        "worker_app": "synapse.app.generic_worker",
        "worker_name": worker["name"],
        "worker_log_config": f"{directory}/log.yaml",
        "worker_listeners": [
            _listener(address, worker["port"], ["client", "federation", "health"]) | {"x_forwarded": True},
            _listener(address, worker["replication_port"], ["replication"]),
        ],
    }
    return "# Ansible managed\n" + yaml.safe_dump(configuration, sort_keys=False)


def _listener(address: str, port: int, names: list[str]) -> dict[str, Any]:
    return {"type": "http", "port": port, "bind_addresses": [address], "resources": [{"names": names}]}
