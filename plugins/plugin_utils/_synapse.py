# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration of Synapse's worker processes from what each of them is to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def worker_files(workers: list[Mapping[str, Any]], directory: str, address: str) -> list[dict[str, str]]:
    """Return path and content of each worker's file (Synapse, docs/workers.md, "Worker configuration")."""
    return [
        {"path": f"{directory}/workers/{worker['name']}.yaml", "content": _text(worker, directory, address)}
        for worker in workers
    ]


def _text(worker: Mapping[str, Any], directory: str, address: str) -> str:
    return f"""\
# Ansible managed
worker_app: synapse.app.generic_worker
worker_name: {worker["name"]}
worker_log_config: {directory}/log.yaml
worker_listeners:
  - type: http
    port: {worker["port"]}
    bind_addresses: ["{address}"]
    x_forwarded: true
    resources:
      - names: [client, federation, health]
  - type: http
    port: {worker["replication_port"]}
    bind_addresses: ["{address}"]
    resources:
      - names: [replication]
"""
