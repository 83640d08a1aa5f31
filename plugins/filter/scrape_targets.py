# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that computes what Prometheus reads from the topology."""

from __future__ import annotations

DOCUMENTATION = r"""
name: scrape_targets
short_description: What Prometheus reads, computed from the topology
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Returns one job for the hosts, one for each kind of figures that the platform table names, and one for the chat
    server's processes. A host that is in two tiers with the same figures is one target.
  - Fails with one message that names every port that a tier does not have, and every job that two tiers describe
    differently.
positional: tiers, host_ports, processes, internal_domain
options:
  _input:
    description: The topology, as the filter P(privatechat.platform.topology#filter) returns it.
    type: dict
    required: true
  tiers:
    description: The platform table, of which C(ports) and C(metrics) of each tier are used.
    type: dict
    required: true
  host_ports:
    description: Ports of every host, whatever its tiers; C(metrics) is used.
    type: dict
    required: true
  processes:
    description: Processes of the chat server, each with C(name), C(host), C(address) and C(metrics_port).
    type: list
    elements: dict
    required: true
  internal_domain:
    description: Domain of the names in certificates.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show what is read
  ansible.builtin.debug:
    msg: >-
      {{ platform_topology | privatechat.platform.scrape_targets(
           tiers, {'metrics': 9100}, processes, 'privatechat.internal') }}
  vars:
    tiers:
      redis:
        ports: {redis: 6379, metrics: 9121}
        metrics: [{job: redis, port: metrics, asks: redis}]
    processes:
      - {name: main, host: chat1, address: 192.0.2.21, metrics_port: 9180}
"""

RETURN = r"""
_value:
  description: >-
    Jobs, each with C(job), C(scheme), C(path), C(server_name) for HTTPS, and C(targets): C(address) with its port,
    C(labels), and C(asks) for an exporter that asks another server.
  type: list
  elements: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.privatechat.platform.plugins.plugin_utils._scrape_targets import ScrapeError
from ansible_collections.privatechat.platform.plugins.plugin_utils._scrape_targets import scrape_targets as compute


def scrape_targets(
    topology: Mapping[str, Any],
    tiers: Mapping[str, Mapping[str, Any]],
    host_ports: Mapping[str, int],
    processes: Iterable[Mapping[str, Any]],
    internal_domain: str,
) -> list[dict[str, Any]]:
    """Return the jobs; every problem of the table becomes one filter error."""
    try:
        return compute(topology, tiers, host_ports, processes, internal_domain)
    except ScrapeError as exc:
        raise AnsibleFilterError(f"privatechat.platform.scrape_targets: {exc}") from exc


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"scrape_targets": scrape_targets}
