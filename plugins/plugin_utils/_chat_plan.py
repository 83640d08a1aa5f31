# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which processes of the chat server run where, from the number of users and the chat hosts.

Growth only adds: with more users every process stays what it was called and where it was. A host that is added gets
processes of stateless kinds; what exists once, or keeps files, stays at its place. (A second host is the exception: it
takes the writers of streams from the first.)
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils._chat_kinds import (
    CONNECTIONS,
    KINDS,
    MAIN,
    MEMORY_MB,
    STREAMS,
    Kind,
    cores,
    count,
    memory_mb,
)
from ansible_collections.privatechat.platform.plugins.plugin_utils._flows import port_range


class ChatPlanError(Exception):
    """The hosts cannot carry so many processes; the text says what to do."""


def build(
    members: Sequence[Mapping[str, str]],
    users: int,
    ports: Mapping[str, int | str],
    places: Sequence[str] = (),
    *,
    federation: bool = True,
) -> dict[str, Any]:
    """Return the plan: processes in their order of starting, and the sums of what they take.

    `places` names the hosts of what exists once, main's first; by default the first two hosts by name. Raises
    ChatPlanError when a host has too few ports for its processes, or a place is no member.
    """
    hosts = _hosts(members, places)
    kinds = [kind for kind in KINDS if federation or not kind.federation]
    processes = _place(kinds, users, hosts)
    _give_ports(processes, hosts, users, ports)
    _share_work(processes)
    for process in processes:
        kind = process.pop("kind")
        process["database_connections"] = CONNECTIONS[kind.weight]
        process["memory_mb"] = memory_mb(kind.weight, users)
    processes.sort(key=_start_order)
    memory = {host["name"]: _sum(processes, "memory_mb", host["name"]) for host in hosts}
    return {
        "processes": processes,
        "connections": _sum(processes, "database_connections"),
        "memory_mb": memory,
        "cores": {
            name: max(1, math.ceil(cores(users) * amount / sum(memory.values()))) for name, amount in memory.items()
        },
        "stream_writers": {
            stream: [process["name"] for process in processes if stream in process["streams"]]
            for stream in sorted({stream for process in processes for stream in process["streams"]})
        },
    }


def natural(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts names with their numbers as numbers: chat2 before chat10."""
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdigit() else (0, part) for part in parts]


def _hosts(members: Sequence[Mapping[str, str]], places: Sequence[str]) -> list[dict[str, str]]:
    """Return the hosts with those of the places first, the others by name."""
    known = {member["name"]: dict(member) for member in members}
    unknown = [name for name in places if name not in known]
    if unknown:
        raise ChatPlanError(
            f"platform_chat_places names '{unknown[0]}', which is no host of the group 'chat'; it has "
            f"{', '.join(sorted(known, key=natural))}. Name hosts of that group."
        )
    others = sorted((name for name in known if name not in places), key=natural)
    return [known[name] for name in [*dict.fromkeys(places), *others]]


def _place(kinds: Sequence[Kind], users: int, hosts: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Return every process with its name and host, in the order in which growing numbers of users bring them about."""
    by_name = sorted(hosts, key=lambda host: natural(host["name"]))
    places = {"first": hosts[0], "second": hosts[min(1, len(hosts) - 1)]}
    load = [0] * len(hosts)
    placed: list[dict[str, Any]] = []
    for kind, number in _born(kinds, users, len(hosts)):
        name = f"{kind.name}{number}" if kind is not MAIN else kind.name
        if kind.place in places:
            index = by_name.index(places[kind.place])
        else:
            # One for each host, then where least is.
            index = number - 1 if number <= len(hosts) else load.index(min(load))
            earlier = sum(entry["kind"] is kind and entry["host"] == by_name[index]["name"] for entry in placed)
            name = f"{kind.name}{index + 1}" + (f"-{earlier + 1}" if earlier else "")
        load[index] += MEMORY_MB[kind.weight][0]
        host = by_name[index]
        placed.append({"kind": kind, "name": name, "host": host["name"], "address": host["address"]})
    return placed


def _born(kinds: Sequence[Kind], users: int, hosts: int) -> list[tuple[Kind, int]]:
    """Return kind and number of each process, in the order in which growing numbers of users bring them about."""
    born = []
    for order, kind in enumerate(kinds):
        wanted = count(kind, users)
        for number in range(1, max(wanted, hosts if kind.place == "every" and wanted else 0) + 1):
            # The first of a stateless kind brings one on every host.
            needed = 1 if kind.place == "every" and number <= hosts else number
            born.append((_users_for(kind, needed, users), order, number))
    return [(kinds[order], number) for _users, order, number in sorted(born)]


def _users_for(kind: Kind, wanted: int, most: int) -> int:
    """Return the smallest number of users that need so many processes of a kind, which `most` users do."""
    low, high = 1, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if count(kind, middle) >= wanted else (middle + 1, high)
    return low


def _give_ports(
    processes: Sequence[dict[str, Any]], hosts: Sequence[Mapping[str, str]], users: int, ports: Mapping[str, int | str]
) -> None:
    """Give each process its ports, stateless ones from the first up, others from the last down: both can grow."""
    workers = port_range(ports["workers"])
    ranges = {"port": "workers", "replication_port": "replication_workers", "metrics_port": "metrics_workers"}
    single = {"port": "main", "replication_port": "replication_main", "metrics_port": "metrics_main"}
    for host in hosts:
        own = [process for process in processes if process["host"] == host["name"] and process["kind"] is not MAIN]
        if len(own) > min(len(port_range(ports[name])) for name in ranges.values()):
            raise ChatPlanError(
                f"{users} users need {len(own)} worker processes on the chat host '{host['name']}', and there are "
                f"{len(workers)} ports for them ({ports['workers']}). Add hosts to the group 'chat', or lower "
                "platform_users."
            )
        for stateless in (True, False):
            group = [process for process in own if (process["kind"].place == "every") is stateless]
            for index, process in enumerate(group):
                slot = index if stateless else -1 - index
                process.update({key: port_range(ports[name])[slot] for key, name in ranges.items()})
    for process in processes:
        if process["kind"] is MAIN:
            process.update({key: int(ports[name]) for key, name in single.items()})


def _share_work(processes: Sequence[dict[str, Any]]) -> None:
    """Say what each process serves, writes and does; a later kind takes over from an earlier one."""
    present = {process["kind"] for process in processes}

    def latest(field: str, item: str) -> Kind | None:
        return next((kind for kind in reversed(KINDS) if kind in present and item in getattr(kind, field)), None)

    for process in processes:
        kind = process["kind"]
        for field in ("serves", "streams", "duties"):
            process[field] = [item for item in getattr(kind, field) if latest(field, item) is kind]
    first = processes[0]["host"]
    # What no kind of its own does yet: house-keeping is main's, what people notice is not.
    homes = {
        "main": ("background_tasks", "notify_appservices", "user_directory"),
        "streams1": ("pusher", "federation_sender"),
    }
    for process in processes:
        process["duties"] += [duty for duty in homes.get(process["name"], ()) if latest("duties", duty) is None]
        if process["name"] == "media1":
            process["duties"] += ["media_background"]
    if latest("serves", "sso") is None:
        generic = next(
            process for process in processes if process["kind"].name == "generic" and process["host"] == first
        )
        generic["serves"] += ["sso"]


def _start_order(process: Mapping[str, Any]) -> tuple[int, list[tuple[int, str]]]:
    """Return a key that sorts main first, then writers of streams, then the others."""
    rank = 0 if process["name"] == "main" else 1 if set(process["streams"]) & set(STREAMS) else 2
    return rank, natural(process["name"])


def _sum(processes: Sequence[Mapping[str, Any]], field: str, host: str = "") -> int:
    return sum(process[field] for process in processes if not host or process["host"] == host)
