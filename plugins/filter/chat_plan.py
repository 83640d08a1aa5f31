# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that turns chat hosts and a number of users into the processes of the chat server."""

from __future__ import annotations

DOCUMENTATION = r"""
name: chat_plan
short_description: Plan the processes of the chat server
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Returns which processes of Synapse run on which host and port, what each serves, writes and does, and how much of
    the database's sessions and of its host's memory it may take.
  - Every stream has a writer that is not the main process. Stateless kinds run on every host. What exists once, or
    keeps files, runs on the first two hosts by name, or on those of O(places).
  - More users only add processes. A host that sorts after the second takes nothing over that exists once.
  - Numbers come from Synapse's C(docs/workers.md), from the presets of matrix-docker-ansible-deploy and from Element's
    page "ESS Sizing".
positional: users, ports, places, federation
options:
  _input:
    description: The chat hosts, each with C(name) and C(address).
    type: list
    elements: dict
    required: true
  users:
    description: Number of people who use the server.
    type: int
    required: true
  ports:
    description:
      - Ports of a chat host, each a number or C(first-last); C(main), C(workers), C(replication_main),
        C(replication_workers), C(metrics_main) and C(metrics_workers).
    type: dict
    required: true
  places:
    description:
      - Names of up to two hosts; the first has the main process and the media, the second the writers of streams.
    type: list
    elements: str
    default: []
  federation:
    description: Whether the server talks with others, so that processes of their own do that.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Show how many database sessions the chat server opens
  ansible.builtin.debug:
    msg: "{{ (hosts | privatechat.platform.chat_plan(1000, ports)).connections }}"
  vars:
    hosts:
      - {name: chat1, address: 192.0.2.21}
      - {name: chat2, address: 192.0.2.22}
    ports:
      main: 8080
      workers: 8081-8130
      replication_main: 9080
      replication_workers: 9081-9130
      metrics_main: 9180
      metrics_workers: 9181-9230
"""

RETURN = r"""
_value:
  description:
    - C(processes), in the order in which they start, each with C(name), C(host), C(address), C(port),
      C(replication_port), C(metrics_port), C(serves) (kinds of requests), C(streams) (that it writes), C(duties),
      C(database_connections) and C(memory_mb).
    - C(connections), the sum of their database sessions; C(memory_mb) and C(cores) by host; C(stream_writers), names of
      processes by the stream that they write.
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.privatechat.platform.plugins.plugin_utils._chat_plan import ChatPlanError, build


def chat_plan(
    members: list[Mapping[str, str]],
    users: int | str,
    ports: Mapping[str, int | str],
    places: list[str] | None = None,
    federation: bool = True,
) -> dict[str, Any]:
    """Return the plan; hosts that cannot carry it become a filter error."""
    try:
        return build(members, int(users), ports, places or (), federation=federation)
    except ChatPlanError as exc:
        raise AnsibleFilterError(f"privatechat.platform.chat_plan: {exc}") from exc


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"chat_plan": chat_plan}
